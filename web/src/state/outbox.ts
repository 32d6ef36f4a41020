// The outbox: operations on their way to the server. Each is stored in this browser first, then sent, one at a time and
// in order, again and again until the server answers; what is acknowledged leaves it. After a reload or a crash the
// operations that are left are sent again under the same name, which the server recognises.

import type { Schemas } from "../api/client";
import { ApiError, unreachable } from "../api/error";
import type { Operation, OutboxStorage } from "./outboxStorage";

export type OperationAck = Schemas["OperationAck"];

export interface OutboxEntry {
  projectId: string;
  operation: Operation;
  /** Key in this browser's storage; null where it could not be stored. */
  stored: Promise<number | null>;
  /** It is in this browser's storage by now. */
  kept: boolean;
  /** An earlier page made it, or an attempt got no answer: the server may have it already. */
  uncertain: boolean;
}

export interface OutboxListener {
  /** The revision that the next operation of this project is based on; null where the project is not open. */
  revisionOf(projectId: string): number | null;
  /** The server has it; the next one is sent after this is done. */
  acknowledged(entry: OutboxEntry, ack: OperationAck): Promise<void>;
  /** The server will never take it. */
  rejected(entry: OutboxEntry, error: ApiError): Promise<void>;
  changed(): void;
}

export interface OutboxOptions {
  storage: OutboxStorage;
  send(projectId: string, operation: Operation): Promise<OperationAck>;
  listener: OutboxListener;
  /** Pauses after 1, 2, 3 … failures in a row, in milliseconds; the last one stays. */
  pauses?: readonly number[];
}

const PAUSES = [300, 600, 1200, 2500, 5000, 10_000, 15_000];

export class Outbox {
  /** The failure of the last attempt; null where it succeeded. */
  failure: ApiError | null = null;
  readonly #options: OutboxOptions;
  readonly #entries: OutboxEntry[] = [];
  readonly #loaded: Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  #running = false;
  /** Failures in a row. */
  #failures = 0;
  #failedAttempts = 0;
  #wake: () => void = () => {};
  #waiting: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#loaded = this.#loadStored();
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Whether all of them would be there after the page was closed. */
  get isKept(): boolean {
    return this.#entries.every((entry) => entry.kept);
  }

  /** Operations of a project that are not acknowledged yet, the oldest first. */
  entriesOf(projectId: string): readonly OutboxEntry[] {
    return this.#entries.filter((entry) => entry.projectId === projectId);
  }

  add(projectId: string, operation: Operation): OutboxEntry {
    // Where the browser refuses to store it, the operation still goes to the server, which is what counts.
    const stored = this.#options.storage.add({ projectId, operation }).catch(() => null);
    const entry: OutboxEntry = { projectId, operation, stored, kept: false, uncertain: false };
    this.#entries.push(entry);
    void stored.then((key) => {
      entry.kept = key !== null;
      this.#options.listener.changed();
    });
    this.#options.listener.changed();
    void this.#run();
    return entry;
  }

  /** Tries again at once: the connection is back. */
  wake(): void {
    this.#wake();
  }

  /** Runs `task` while no operation is on its way. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Resolves when the server has all operations of a project; throws the failure where it cannot be reached. */
  async emptied(projectId: string): Promise<void> {
    await this.settled(projectId);
    if (this.entriesOf(projectId).length > 0) throw this.failure ?? unreachable();
  }

  /** Resolves when the server has all operations of a project, or cannot take them now. */
  async settled(projectId: string): Promise<void> {
    await this.#loaded;
    if (this.failure) this.wake();
    const before = this.#failedAttempts;
    while (this.entriesOf(projectId).length > 0 && this.#failedAttempts === before) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #loadStored(): Promise<void> {
    const stored = await this.#options.storage.all().catch(() => []);
    const earlier = stored.map(
      ([key, { projectId, operation }]): OutboxEntry => ({
        projectId,
        operation,
        stored: Promise.resolve(key),
        kept: true,
        uncertain: true,
      }),
    );
    // What was added while the storage was read is in it too, perhaps.
    const known = new Set(this.#entries.map((entry) => nameOf(entry.operation)));
    this.#entries.unshift(...earlier.filter((entry) => !known.has(nameOf(entry.operation))));
    if (this.#entries.length > 0) this.#options.listener.changed();
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    await this.#loaded;
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      const next = entry;
      const wentThrough = await this.exclusive(() => this.#deliver(next));
      this.#options.listener.changed();
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (!wentThrough) await this.#pause();
    }
    this.#running = false;
  }

  /** Sends one operation; false where it has to be sent again later. */
  async #deliver(entry: OutboxEntry): Promise<boolean> {
    const { storage, listener } = this.#options;
    const key = await entry.stored;
    const result = await this.#attempt(entry);
    if (result instanceof ApiError && result.isTemporary) {
      this.failure = result;
      this.#failures++;
      this.#failedAttempts++;
      entry.uncertain = true;
      return false;
    }
    this.failure = null;
    this.#failures = 0;
    this.#entries.shift();
    // An operation that stays in storage is sent again by a later page, which does no harm.
    if (key !== null) await storage.remove(key).catch(() => {});
    await (result instanceof ApiError ? listener.rejected(entry, result) : listener.acknowledged(entry, result));
    return true;
  }

  async #attempt(entry: OutboxEntry): Promise<OperationAck | ApiError> {
    const { send, listener } = this.#options;
    const base = listener.revisionOf(entry.projectId) ?? entry.operation.base_revision;
    try {
      return await send(entry.projectId, { ...entry.operation, base_revision: base });
    } catch (failure) {
      if (failure instanceof ApiError) return failure;
      throw failure;
    }
  }

  #pause(): Promise<void> {
    const pauses = this.#options.pauses ?? PAUSES;
    const pause = pauses[Math.min(this.#failures, pauses.length) - 1] ?? 0;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function nameOf(operation: Operation): string {
  return `${operation.client_id} ${operation.client_seq}`;
}
