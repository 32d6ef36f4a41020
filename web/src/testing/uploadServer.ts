// The server's side of resumable uploads as a plain model, on a bad line: what may go wrong is said request by request.

import { sha256Hex } from "../api/checksum";
import { ApiError, unreachable } from "../api/error";
import type { Piece, Received, SendOptions } from "../app/intake/resumableUpload";

export type Fault =
  /** The request never comes; the answer never comes; the piece comes up to a share of it. */
  | { kind: "lost request" }
  | { kind: "lost answer" }
  | { kind: "cut"; share: number; kept: boolean }
  /** A byte of the piece is another one on arrival. */
  | { kind: "changed byte" }
  /** The server is busy, full, or fails. */
  | { kind: "refused"; status: number }
  /** The server comes back without its uploads. */
  | { kind: "forgets" };

interface Held {
  name: string;
  bytes: Uint8Array;
  received: number;
}

export class UploadServer {
  readonly uploads = new Map<string, Held>();
  readonly dropped: string[] = [];
  /** Bytes of pieces that travelled, whatever became of them. */
  bytesTravelled = 0;
  requests = 0;
  /** One for each request to come; null: it goes well. */
  faults: (Fault | null)[] = [];
  #made = 0;

  create = async (name: string, size: number, signal: AbortSignal): Promise<Received> => {
    const fault = await this.#begin(signal);
    const id = `upload${++this.#made}`;
    this.uploads.set(id, { name, bytes: new Uint8Array(size), received: 0 });
    return this.#answer(id, fault);
  };

  state = async (id: string, signal: AbortSignal): Promise<Received> => this.#answer(id, await this.#begin(signal));

  send = async (id: string, offset: number, piece: Piece, options: SendOptions): Promise<Received> => {
    const fault = await this.#begin(options.signal);
    const bytes = new Uint8Array(await piece.content.arrayBuffer());
    if (fault?.kind === "changed byte") bytes[0] = (bytes[0] ?? 0) ^ 1;
    const held = this.#find(id);
    const came = fault?.kind === "cut" ? Math.floor(bytes.length * fault.share) : bytes.length;
    this.bytesTravelled += came;
    options.onProgress(came);
    if (offset !== held.received) {
      throw new ApiError("upload_offset", `The next byte is ${held.received}, not ${offset}.`, "", 409);
    }
    // A server may keep what came of a piece that was cut off, or throw it away since it cannot check it.
    if (fault?.kind === "cut") {
      if (fault.kept) {
        held.bytes.set(bytes.subarray(0, came), offset);
        held.received += came;
      }
      throw unreachable();
    }
    if ((await sha256Hex(bytes)) !== piece.checksum) {
      throw new ApiError("broken_upload", "The piece was changed.", "", 422);
    }
    held.bytes.set(bytes, offset);
    held.received += bytes.length;
    return this.#answer(id, fault);
  };

  drop = async (id: string): Promise<void> => {
    this.uploads.delete(id);
    this.dropped.push(id);
  };

  async #begin(signal: AbortSignal): Promise<Fault | null> {
    this.requests++;
    const fault = this.faults.shift() ?? null;
    await Promise.resolve();
    signal.throwIfAborted();
    if (fault?.kind === "lost request") throw unreachable();
    if (fault?.kind === "refused") throw new ApiError("refused", "Not now.", "Wait.", fault.status);
    if (fault?.kind === "forgets") this.uploads.clear();
    return fault;
  }

  #answer(id: string, fault: Fault | null): Received {
    if (fault?.kind === "lost answer") throw unreachable();
    const { bytes, received } = this.#find(id);
    return { id, size: bytes.length, received };
  }

  #find(id: string): Held {
    const held = this.uploads.get(id);
    if (!held) throw new ApiError("not_found", "There is no such upload.", "Send the file again.", 404);
    return held;
  }
}
