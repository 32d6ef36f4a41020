// One file on its way to the server, in pieces: goes on after any loss where the server says that it stopped.

import { sha256Hex } from "../../api/checksum";
import { ApiError } from "../../api/error";

/** What the server has of a file. */
export interface Received {
  id: string;
  size: number;
  received: number;
}

/** How the pieces travel; throws ApiError, or the abort reason of `signal`. */
export interface Transport {
  create(fileName: string, size: number, signal: AbortSignal): Promise<Received>;
  send(id: string, offset: number, piece: Piece, options: SendOptions): Promise<Received>;
  state(id: string, signal: AbortSignal): Promise<Received>;
}

/** A part of the file with the SHA-256 of its bytes. A blob, since browsers send bytes of a page eight times slower. */
export interface Piece {
  content: Blob;
  checksum: string;
}

export interface SendOptions {
  signal: AbortSignal;
  /** Hears how many bytes of this piece have gone. */
  onProgress(bytes: number): void;
}

/** Why nothing goes at the moment; it is tried again by itself. */
export interface Waiting {
  message: string;
  hint: string;
}

export interface UploadHooks {
  signal: AbortSignal;
  /** Bytes that are there or on their way. */
  onSent(bytes: number): void;
  /** Null: it goes on. */
  onWaiting(waiting: Waiting | null): void;
  /** The server knows the file by this id now. */
  onCreated(id: string): void;
  /** Waits; may return early where trying again makes sense. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  chunkBytes?: number | undefined;
}

export const CHUNK_BYTES = 4 * 2 ** 20;
const PAUSES_MS = [300, 1000, 2000, 4000, 8000];
/** Failures without a byte between them after which a refusal is taken for final. */
const MOST_REFUSALS = 6;
/** How often a file is begun anew where the server lost what it had of it. */
const MOST_RESTARTS = 3;
/** The code of the server's refusal of a piece that was broken off or changed on its way. */
const BROKEN_PIECE = "broken_upload";

/** A file that the person chose and that cannot be sent, in words for the person. */
export class FileError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "FileError";
    this.hint = hint;
  }
}

/**
 * Sends all of `file`, which is not empty, and returns the upload's id. `known` is an earlier upload of the same file to be gone on with.
 * Throws ApiError where the server refuses it for good, FileError, or the abort reason of `hooks.signal`.
 */
export async function uploadFile(
  file: { name: string; content: Blob },
  transport: Transport,
  hooks: UploadHooks,
  known: string | null = null,
): Promise<string> {
  return new Sending(file, transport, hooks, known).run();
}

class Sending {
  readonly #file: { name: string; content: Blob };
  readonly #transport: Transport;
  readonly #hooks: UploadHooks;
  readonly #chunkBytes: number;
  #id: string | null;
  /** Null: the server has to be asked. */
  #received: number | null = null;
  /** The most that the server ever had of this upload. */
  #most = -1;
  /** Since there was a byte more: requests that got no answer, and those that were refused. */
  #failures = 0;
  #refusals = 0;
  #restarts = 0;
  /** The next piece, read while the one before travels. */
  #ahead: { offset: number; piece: Promise<Piece> } | null = null;

  constructor(file: { name: string; content: Blob }, transport: Transport, hooks: UploadHooks, known: string | null) {
    this.#file = file;
    this.#transport = transport;
    this.#hooks = hooks;
    this.#id = known;
    this.#chunkBytes = hooks.chunkBytes ?? CHUNK_BYTES;
  }

  async run(): Promise<string> {
    const { signal } = this.#hooks;
    for (;;) {
      signal.throwIfAborted();
      try {
        const received = await this.#step();
        if (this.#id !== null && received === this.#file.content.size) return this.#id;
      } catch (failure) {
        signal.throwIfAborted();
        if (!(failure instanceof ApiError)) throw failure;
        await this.#overcome(failure);
      }
    }
  }

  /** One request; returns how many bytes the server has after it. */
  async #step(): Promise<number> {
    const { signal, onCreated, onSent, onWaiting } = this.#hooks;
    if (this.#id === null) {
      const created = await this.#transport.create(this.#file.name, this.#file.content.size, signal);
      this.#id = created.id;
      onCreated(created.id);
      return this.#has(created);
    }
    if (this.#received === null) return this.#has(await this.#transport.state(this.#id, signal));
    const offset = this.#received;
    const piece = await this.#piece(offset);
    this.#readAhead(offset + piece.content.size);
    const onProgress = (sent: number): void => {
      onWaiting(null);
      onSent(offset + sent);
    };
    const options = { signal, onProgress };
    return this.#has(await this.#transport.send(this.#id, offset, piece, options));
  }

  #has({ size, received }: Received): number {
    if (size !== this.#file.content.size || received > size) {
      const message = `The server holds another file under the name of ${this.#file.name}.`;
      throw new ApiError("unexpected_answer", message, "Choose it again.", 422);
    }
    if (received > this.#most) {
      this.#most = received;
      this.#failures = 0;
      this.#refusals = 0;
      this.#hooks.onWaiting(null);
    }
    this.#received = received;
    this.#hooks.onSent(received);
    return received;
  }

  /** Waits where trying again may help; throws `failure` where it will not. */
  async #overcome(failure: ApiError): Promise<void> {
    const isGone = failure.status === 404 && this.#id !== null;
    const isAboutThePiece = failure.status === 409 || failure.code === BROKEN_PIECE;
    if (isGone) {
      // The server gave the upload up, as it does after a day: nothing of it is left to go on with.
      this.#id = null;
      this.#most = -1;
      this.#restarts++;
    } else if (isAboutThePiece || (failure.isTemporary && !isPatientlyAwaited(failure))) {
      this.#refusals++;
    } else if (!failure.isTemporary) {
      throw failure;
    }
    if (this.#refusals >= MOST_REFUSALS || this.#restarts >= MOST_RESTARTS) throw failure;
    this.#received = null;
    this.#ahead = null;
    // The server answers, and a look at its state is all that is needed.
    if (isGone || (isAboutThePiece && this.#refusals === 1)) return;
    this.#hooks.onWaiting({ message: failure.message, hint: failure.hint });
    const milliseconds = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)] ?? 0;
    this.#failures++;
    await this.#hooks.pause(milliseconds, this.#hooks.signal);
  }

  #piece(offset: number): Promise<Piece> {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead?.offset === offset ? ahead.piece : this.#read(offset);
  }

  #readAhead(offset: number): void {
    if (offset >= this.#file.content.size) return;
    const piece = this.#read(offset);
    // What goes wrong is met when the piece is wanted; until then nobody listens.
    piece.catch(() => null);
    this.#ahead = { offset, piece };
  }

  async #read(offset: number): Promise<Piece> {
    const { name, content } = this.#file;
    try {
      const part = content.slice(offset, offset + this.#chunkBytes);
      return { content: part, checksum: await sha256Hex(new Uint8Array(await part.arrayBuffer())) };
    } catch (failure) {
      if (!(failure instanceof DOMException)) throw failure;
      const hint = "It may have been changed, moved or deleted meanwhile. Choose it again.";
      throw new FileError(`${name} can no longer be read.`, hint);
    }
  }
}

/** However long it takes: the server is away, busy, or without room, or the person has to sign in. */
const isPatientlyAwaited = ({ status }: ApiError): boolean =>
  [0, 401, 403, 408, 423, 429, 502, 503, 504, 507].includes(status);
