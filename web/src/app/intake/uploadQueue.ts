// Several files on their way to the server, two at a time, seen as one transfer.

import { ApiError } from "../../api/error";
import { FileError, type Transport, uploadFile, type Waiting } from "./resumableUpload";
import { TransferRate } from "./transferRate";

export interface NamedFile {
  /** With its folders, as in "series/slice 3.tif". */
  name: string;
  content: Blob;
}

export interface Transfer {
  /** The file that was begun last. */
  name: string;
  files: number;
  filesDone: number;
  bytes: number;
  bytesSent: number;
  bytesPerSecond: number | null;
  secondsLeft: number | null;
  waiting: Waiting | null;
}

/** Which uploads of which files are under way, over reloads of the page. */
export interface UploadMemory {
  recall(file: NamedFile): string | null;
  remember(file: NamedFile, id: string): void;
  forget(ids: readonly string[]): void;
}

export interface QueueOptions {
  transport: Transport & { drop(id: string): Promise<void> };
  memory: UploadMemory;
  signal: AbortSignal;
  onTransfer(transfer: Transfer): void;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds, never going back. */
  now(): number;
  chunkBytes?: number | undefined;
}

/** What stopped the transfer, and at which file. */
export class TransferError extends Error {
  readonly file: string;
  readonly hint: string;

  constructor(file: string, cause: ApiError | FileError) {
    super(cause.message, { cause });
    this.name = "TransferError";
    this.file = file;
    this.hint = cause.hint;
  }
}

const AT_ONCE = 2;
const TELL_EVERY_MS = 100;

/**
 * Sends all files and returns the ids of their uploads in the same order. Where one is refused or the person cancels,
 * what was sent is taken back. Throws TransferError, or the abort reason of `options.signal`.
 */
export async function sendFiles(files: readonly NamedFile[], options: QueueOptions): Promise<string[]> {
  const { transport, memory, signal } = options;
  for (const { name, content } of files) {
    if (content.size > 0) continue;
    throw new TransferError(name, new FileError(`${name} is empty: it has 0 bytes.`, "Choose another file."));
  }
  const view = new TransferView(files, options);
  const ids: string[] = [];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let next = 0;

  const worker = async (): Promise<void> => {
    for (let at = next++; at < files.length; at = next++) {
      const file = files[at];
      if (!file) return;
      view.begins(at);
      const hooks = {
        signal: either,
        onSent: (bytes: number) => view.sent(at, bytes),
        onWaiting: (waiting: Waiting | null) => view.waits(at, waiting),
        onCreated: (id: string) => {
          ids[at] = id;
          memory.remember(file, id);
        },
        pause: options.pause,
        chunkBytes: options.chunkBytes,
      };
      try {
        const known = memory.recall(file);
        // Of this visit now: cancelling takes it back as well.
        if (known !== null) ids[at] = known;
        ids[at] = await uploadFile(file, transport, hooks, known);
      } catch (failure) {
        const isNamed = failure instanceof ApiError || failure instanceof FileError;
        throw isNamed && !either.aborted ? new TransferError(file.name, failure) : failure;
      }
      view.ends(at);
    }
  };

  const workers = Array.from({ length: Math.min(AT_ONCE, files.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (failure) {
    stop.abort(failure);
    await Promise.allSettled(workers);
    await takeBack(ids.filter(Boolean), options);
    throw failure;
  }
  return ids;
}

/** Lets the server throw uploads away; where it does not answer, it will by itself. */
export async function takeBack(
  ids: readonly string[],
  { transport, memory }: Pick<QueueOptions, "transport" | "memory">,
): Promise<void> {
  memory.forget(ids);
  const drops = await Promise.allSettled(ids.map((id) => transport.drop(id)));
  for (const drop of drops) {
    if (drop.status === "rejected" && !(drop.reason instanceof ApiError)) throw drop.reason;
  }
}

/** Adds up what happens to single files. */
class TransferView {
  readonly #files: readonly NamedFile[];
  readonly #options: Pick<QueueOptions, "onTransfer" | "now">;
  readonly #bytes: number;
  /** Bytes of each file that has begun. */
  readonly #sent = new Map<number, number>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #rate = new TransferRate();
  #bytesSent = 0;
  /** Of them, what an earlier visit had sent: it says nothing about the speed. */
  #bytesBefore = 0;
  #done = 0;
  #name = "";
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(files: readonly NamedFile[], options: Pick<QueueOptions, "onTransfer" | "now">) {
    this.#files = files;
    this.#options = options;
    this.#bytes = files.reduce((sum, { content }) => sum + content.size, 0);
  }

  begins(at: number): void {
    this.#name = this.#files[at]?.name ?? "";
    this.#tell(this.#sent.size === 0);
  }

  sent(at: number, bytes: number): void {
    const before = this.#sent.get(at);
    // A piece that was cut off has to go again; the bar does not go back for it.
    const now = Math.max(before ?? 0, bytes);
    this.#sent.set(at, now);
    this.#bytesSent += now - (before ?? 0);
    if (before === undefined) this.#bytesBefore += now;
    this.#tell(false);
  }

  waits(at: number, waiting: Waiting | null): void {
    if (waiting === null && !this.#waiting.has(at)) return;
    if (waiting) this.#waiting.set(at, waiting);
    else this.#waiting.delete(at);
    this.#rate.restart();
    this.#tell(true);
  }

  ends(at: number): void {
    this.#waiting.delete(at);
    this.#done++;
    this.#tell(this.#done === this.#files.length);
  }

  #tell(atOnce: boolean): void {
    const now = this.#options.now();
    this.#rate.add(now / 1000, this.#bytesSent - this.#bytesBefore);
    if (!atOnce && now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const { bytesPerSecond } = this.#rate;
    this.#options.onTransfer({
      name: this.#name,
      files: this.#files.length,
      filesDone: this.#done,
      bytes: this.#bytes,
      bytesSent: this.#bytesSent,
      bytesPerSecond,
      secondsLeft: bytesPerSecond === null ? null : (this.#bytes - this.#bytesSent) / bytesPerSecond,
      waiting: this.#waiting.values().next().value ?? null,
    });
  }
}
