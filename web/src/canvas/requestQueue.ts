// Fetches tiles in the order in which the view wants them, few at a time, and drops what is no longer wanted.

import { type TileAddress, tileKey } from "./grid";
import type { RawTile, TileStore } from "./tileStore";

export interface WantedTile {
  store: TileStore;
  at: TileAddress;
  /** The smallest comes first. */
  priority: number;
}

interface Request {
  store: TileStore;
  at: TileAddress;
  controller: AbortController;
  /** Somebody waits for it, whether it is in view or not. */
  held: boolean;
  tile: Promise<RawTile>;
}

interface Failure {
  count: number;
  retryAt: number;
}

/** Browsers open six connections to a server; one carries the events, and one stays free for operations. */
const PARALLEL_REQUESTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export class RequestQueue {
  readonly #onArrival: () => void;
  readonly #parallel: number;
  readonly #now: () => number;
  #wanted: WantedTile[] = [];
  readonly #running = new Map<TileStore, Map<number, Request>>();
  readonly #failures = new Map<TileStore, Map<number, Failure>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onArrival: () => void, { parallel = PARALLEL_REQUESTS, now = () => performance.now() } = {}) {
    this.#onArrival = onArrival;
    this.#parallel = parallel;
    this.#now = now;
  }

  /** Replaces what the view wants; requests that are no longer in it are aborted. */
  want(tiles: readonly WantedTile[]): void {
    this.#wanted = tiles.filter(({ store, at }) => store.needs(at)).sort((a, b) => a.priority - b.priority);
    const keep = new Map<TileStore, Set<number>>();
    for (const { store, at } of this.#wanted) {
      const keys = keep.get(store) ?? new Set();
      keep.set(store, keys.add(keyOf(at)));
    }
    for (const [store, requests] of this.#running) {
      for (const [key, request] of requests) {
        if (!request.held && !keep.get(store)?.has(key)) request.controller.abort();
      }
    }
    this.#startNext();
  }

  /** Fetches one tile at once, whatever the view wants. */
  async load(store: TileStore, at: TileAddress): Promise<RawTile> {
    const present = store.needs(at) ? undefined : store.get(at);
    if (present) return present;
    const request = this.#requestOf(store, at) ?? this.#start(store, at);
    request.held = true;
    return request.tile;
  }

  /** Ends all requests. */
  close(): void {
    this.#wanted = [];
    clearTimeout(this.#timer);
    for (const requests of this.#running.values()) {
      for (const request of requests.values()) request.controller.abort();
    }
  }

  /** Forgets failures: the connection is back. */
  retryNow(): void {
    this.#failures.clear();
    this.#startNext();
  }

  get #count(): number {
    let count = 0;
    for (const requests of this.#running.values()) count += requests.size;
    return count;
  }

  #requestOf(store: TileStore, at: TileAddress): Request | undefined {
    const request = this.#running.get(store)?.get(keyOf(at));
    return request?.controller.signal.aborted ? undefined : request;
  }

  #startNext(): void {
    clearTimeout(this.#timer);
    let soonest = Number.POSITIVE_INFINITY;
    for (const { store, at } of this.#wanted) {
      if (this.#count >= this.#parallel) return;
      if (this.#requestOf(store, at) || !store.needs(at)) continue;
      const retryAt = this.#failures.get(store)?.get(keyOf(at))?.retryAt ?? 0;
      if (retryAt > this.#now()) soonest = Math.min(soonest, retryAt);
      else this.#start(store, at).tile.catch(() => {});
    }
    if (soonest < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#startNext(), Math.max(soonest - this.#now(), 10));
    }
  }

  #start(store: TileStore, at: TileAddress): Request {
    const controller = new AbortController();
    const request: Request = { store, at, controller, held: false, tile: store.load(at, controller.signal) };
    const requests = this.#running.get(store) ?? new Map<number, Request>();
    this.#running.set(store, requests.set(keyOf(at), request));
    request.tile.then(
      () => this.#ended(request, true),
      () => this.#ended(request, false),
    );
    return request;
  }

  #ended(request: Request, arrived: boolean): void {
    const key = keyOf(request.at);
    const requests = this.#running.get(request.store);
    if (requests?.get(key) === request) requests.delete(key);
    if (requests?.size === 0) this.#running.delete(request.store);
    const failures = this.#failures.get(request.store) ?? new Map<number, Failure>();
    if (arrived) {
      failures.delete(key);
      this.#onArrival();
    } else if (!request.controller.signal.aborted) {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
      failures.set(key, { count, retryAt: this.#now() + pause });
    }
    if (failures.size > 0) this.#failures.set(request.store, failures);
    else this.#failures.delete(request.store);
    this.#startNext();
  }
}

function keyOf(at: TileAddress): number {
  return tileKey(at.level, at.ty, at.tx);
}
