// Fetches tiles in the order in which the view wants them, few requests at a time, and drops what is no longer wanted.
// Where a store fetches several tiles by one request, those that are wanted next go with it.

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
  tiles: readonly TileAddress[];
  controller: AbortController;
  /** Somebody waits for it, whether it is in view or not. */
  held: boolean;
  answer: Promise<RawTile[]>;
}

interface Failure {
  count: number;
  retryAt: number;
}

/** What is fetched ahead of its time has a priority from here on. */
export const AHEAD = 1e7;
/** Of the requests at a time, so many may be for what is fetched ahead: such a tile may take long to be made. */
const AHEAD_REQUESTS = 1;
/** Browsers open six connections to a server; one carries the events, and one stays free for operations. */
const PARALLEL_REQUESTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export class RequestQueue {
  /** Hears why a tile could not be fetched; it is tried again after a pause. */
  onFailure: (store: TileStore, failure: unknown) => void = () => {};
  readonly #onArrival: () => void;
  readonly #parallel: number;
  readonly #now: () => number;
  #wanted: WantedTile[] = [];
  readonly #running = new Set<Request>();
  readonly #byTile = new Map<TileStore, Map<number, Request>>();
  readonly #failures = new Map<TileStore, Map<number, Failure>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onArrival: () => void, { parallel = PARALLEL_REQUESTS, now = () => performance.now() } = {}) {
    this.#onArrival = onArrival;
    this.#parallel = parallel;
    this.#now = now;
  }

  /** Replaces what the view wants; requests of which nothing is in it any more are aborted. */
  want(tiles: readonly WantedTile[]): void {
    this.#wanted = tiles.filter(({ store, at }) => store.needs(at)).sort((a, b) => a.priority - b.priority);
    const keep = new Set<Request>();
    for (const { store, at } of this.#wanted) {
      const request = this.#requestOf(store, at);
      if (request) keep.add(request);
    }
    for (const request of this.#running) {
      if (!request.held && !keep.has(request)) request.controller.abort();
    }
    this.#startNext();
  }

  /** Fetches one tile at once, whatever the view wants. */
  async load(store: TileStore, at: TileAddress): Promise<RawTile> {
    const present = store.needs(at) ? undefined : store.get(at);
    if (present) return present;
    const request = this.#requestOf(store, at) ?? this.#start(store, [at]);
    request.held = true;
    const key = keyOf(at);
    const place = request.tiles.findIndex((other) => keyOf(other) === key);
    return (await request.answer)[place] as RawTile;
  }

  /** Ends all requests. */
  close(): void {
    this.#wanted = [];
    clearTimeout(this.#timer);
    for (const request of this.#running) request.controller.abort();
  }

  /** Forgets failures: the connection is back. */
  retryNow(): void {
    this.#failures.clear();
    this.#startNext();
  }

  #requestOf(store: TileStore, at: TileAddress): Request | undefined {
    const request = this.#byTile.get(store)?.get(keyOf(at));
    return request?.controller.signal.aborted ? undefined : request;
  }

  #startNext(): void {
    clearTimeout(this.#timer);
    let soonest = Number.POSITIVE_INFINITY;
    for (const [index, { store, at, priority }] of this.#wanted.entries()) {
      if (this.#running.size >= (priority < AHEAD ? this.#parallel : AHEAD_REQUESTS)) return;
      const startsAt = this.#startsAt(store, at);
      if (startsAt === null) continue;
      if (startsAt > this.#now()) soonest = Math.min(soonest, startsAt);
      else this.#start(store, [at, ...this.#companions(index + 1, store, at)]).answer.catch(() => {});
    }
    if (soonest < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#startNext(), Math.max(soonest - this.#now(), 10));
    }
  }

  /** When a tile may be asked for; null where it is on its way or there. */
  #startsAt(store: TileStore, at: TileAddress): number | null {
    if (this.#requestOf(store, at) || !store.needs(at)) return null;
    return this.#failures.get(store)?.get(keyOf(at))?.retryAt ?? 0;
  }

  /** Tiles that go with another one by the same request. */
  #companions(from: number, store: TileStore, { level }: TileAddress): TileAddress[] {
    const tiles: TileAddress[] = [];
    for (let index = from; index < this.#wanted.length && tiles.length < store.most - 1; index++) {
      const wanted = this.#wanted[index] as WantedTile;
      if (wanted.store !== store || wanted.at.level !== level) continue;
      const startsAt = this.#startsAt(store, wanted.at);
      if (startsAt !== null && startsAt <= this.#now()) tiles.push(wanted.at);
    }
    return tiles;
  }

  #start(store: TileStore, tiles: readonly TileAddress[]): Request {
    const controller = new AbortController();
    const answer = store.loadSeveral(tiles, controller.signal);
    const request: Request = { store, tiles, controller, held: false, answer };
    const byTile = this.#byTile.get(store) ?? new Map<number, Request>();
    this.#byTile.set(store, byTile);
    for (const at of tiles) byTile.set(keyOf(at), request);
    this.#running.add(request);
    answer.then(
      () => this.#ended(request, true),
      (failure: unknown) => this.#ended(request, false, failure),
    );
    return request;
  }

  #ended(request: Request, arrived: boolean, failure?: unknown): void {
    const { store, tiles, controller } = request;
    this.#running.delete(request);
    const byTile = this.#byTile.get(store);
    for (const key of tiles.map(keyOf)) {
      if (byTile?.get(key) === request) byTile.delete(key);
      if (arrived) this.#failures.get(store)?.delete(key);
      else if (!controller.signal.aborted) this.#failed(store, key);
    }
    if (byTile?.size === 0) this.#byTile.delete(store);
    if (this.#failures.get(store)?.size === 0) this.#failures.delete(store);
    if (arrived) this.#onArrival();
    else if (!controller.signal.aborted) this.onFailure(store, failure);
    this.#startNext();
  }

  #failed(store: TileStore, key: number): void {
    const failures = this.#failures.get(store) ?? new Map<number, Failure>();
    const count = (failures.get(key)?.count ?? 0) + 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
    this.#failures.set(store, failures.set(key, { count, retryAt: this.#now() + pause }));
  }
}

function keyOf(at: TileAddress): number {
  return tileKey(at.level, at.ty, at.tx);
}
