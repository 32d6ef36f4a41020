import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type TileAddress, TileGrid } from "./grid";
import { AHEAD, RequestQueue, type WantedTile } from "./requestQueue";
import { type BatchSource, TileStore } from "./tileStore";

interface Asked {
  at: TileAddress;
  signal: AbortSignal;
  answer(): void;
  fail(): void;
}

function fixture(parallel = 2) {
  const asked: Asked[] = [];
  const store = new TileStore(
    new TileGrid(2560, 256, 4),
    "uint8",
    (at, signal) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error("no connection"));
        signal.addEventListener("abort", fail);
        asked.push({ at, signal, answer: () => resolve(new ArrayBuffer(65_536)), fail });
      }),
    1e7,
  );
  const arrivals = vi.fn();
  const queue = new RequestQueue(arrivals, { parallel, now: () => Date.now() });
  const want = (...columns: number[]): void =>
    queue.want(columns.map((tx, priority): WantedTile => ({ store, at: { level: 0, ty: 0, tx }, priority })));
  const columns = (): number[] => asked.map(({ at }) => at.tx);
  return { store, queue, asked, want, columns, arrivals };
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => {});

describe("request queue", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("asks for the nearest tiles first, few at a time", async () => {
    const { asked, columns, queue, store, arrivals } = fixture();
    queue.want([3, 1, 2].map((tx) => ({ store, at: { level: 0, ty: 0, tx }, priority: tx })));
    expect(columns()).toEqual([1, 2]);
    asked[0]?.answer();
    await settle();
    expect(columns()).toEqual([1, 2, 3]);
    expect(arrivals).toHaveBeenCalledTimes(1);
    expect(store.needs({ level: 0, ty: 0, tx: 1 })).toBe(false);
  });

  it("aborts what went out of view, and asks for what came in", async () => {
    const { asked, columns, want } = fixture();
    want(0, 1, 2);
    want(1, 5);
    await settle();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(asked[1]?.signal.aborted).toBe(false);
    expect(columns()).toEqual([0, 1, 5]);
  });

  it("asks again for a tile that comes back into view while its abort is under way", async () => {
    const { columns, want } = fixture(1);
    want(0);
    want(1);
    want(0);
    await settle();
    expect(columns().at(-1)).toBe(0);
  });

  it("does not ask twice for a tile on its way, nor for one that is there", async () => {
    const { asked, columns, want } = fixture();
    want(0);
    want(0);
    asked[0]?.answer();
    await settle();
    want(0);
    expect(columns()).toEqual([0]);
  });

  it("tries again after growing pauses, as long as the tile is wanted", async () => {
    const { asked, want } = fixture();
    want(0);
    asked[0]?.fail();
    await settle();
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(520);
    expect(asked).toHaveLength(2);
    asked[1]?.fail();
    await vi.advanceTimersByTimeAsync(900);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toHaveLength(3);
  });

  it("keeps a tile that somebody waits for, in view or not", async () => {
    const { asked, queue, store, want } = fixture();
    const loaded = queue.load(store, { level: 0, ty: 0, tx: 7 });
    want(1);
    asked[0]?.answer();
    expect((await loaded).pixels).toHaveLength(65_536);
    expect(asked[0]?.signal.aborted).toBe(false);
  });

  it("fetches a stale tile again and shows the old one meanwhile", async () => {
    const { asked, store, want } = fixture();
    want(0);
    asked[0]?.answer();
    await settle();
    const before = store.get({ level: 0, ty: 0, tx: 0 });
    store.changed(0, 0);
    want(0);
    expect(asked).toHaveLength(2);
    expect(store.get({ level: 0, ty: 0, tx: 0 })).toBe(before);
    asked[1]?.answer();
    await settle();
    expect(store.get({ level: 0, ty: 0, tx: 0 })?.serial).not.toBe(before?.serial);
  });

  it("fetches ahead only when nothing else is on its way, one at a time", async () => {
    const { asked, columns, queue, store } = fixture(4);
    queue.want([AHEAD + 5, 0, AHEAD].map((priority, tx) => ({ store, at: { level: 0, ty: 0, tx }, priority })));
    expect(columns()).toEqual([1]);
    asked[0]?.answer();
    await settle();
    expect(columns()).toEqual([1, 2]);
    asked[1]?.answer();
    await settle();
    expect(columns()).toEqual([1, 2, 0]);
  });

  describe("of a store that fetches several tiles by one request", () => {
    function batches(parallel = 2) {
      const asked: { columns: number[]; signal: AbortSignal; answer(): void; fail(): void }[] = [];
      const source: BatchSource = {
        most: 3,
        load: (tiles, signal) =>
          new Promise((resolve, reject) => {
            const fail = (): void => reject(new Error("no connection"));
            signal.addEventListener("abort", fail);
            const answer = (): void => resolve(tiles.map(() => new ArrayBuffer(65_536)));
            asked.push({ columns: tiles.map(({ tx }) => tx), signal, answer, fail });
          }),
      };
      const store = new TileStore(new TileGrid(2560, 256, 4), "uint8", source, 1e7);
      const queue = new RequestQueue(() => {}, { parallel, now: () => Date.now() });
      const want = (...columns: number[]): void =>
        queue.want(columns.map((tx, priority): WantedTile => ({ store, at: { level: 0, ty: 0, tx }, priority })));
      return { asked, store, queue, want };
    }

    it("sends the nearest together, and counts them as one request", async () => {
      const { asked, want } = batches();
      want(5, 4, 6, 3, 7, 2, 8);
      expect(asked.map(({ columns }) => columns)).toEqual([
        [5, 4, 6],
        [3, 7, 2],
      ]);
      asked[0]?.answer();
      await settle();
      expect(asked[2]?.columns).toEqual([8]);
    });

    it("keeps levels apart", () => {
      const { asked, store, queue } = batches(4);
      queue.want([0, 1, 0, 1].map((level, tx): WantedTile => ({ store, at: { level, ty: 0, tx }, priority: tx })));
      expect(asked.map(({ columns }) => columns)).toEqual([
        [0, 2],
        [1, 3],
      ]);
    });

    it("goes on with a request as long as one of its tiles is in view", async () => {
      const { asked, want } = batches();
      want(0, 1, 2);
      want(2, 9);
      expect(asked[0]?.signal.aborted).toBe(false);
      want(9);
      expect(asked[0]?.signal.aborted).toBe(true);
      expect(asked.at(-1)?.columns).toEqual([9]);
    });

    it("waits before it asks again for any tile of a request that failed", async () => {
      const { asked, want } = batches();
      want(0, 1);
      asked[0]?.fail();
      await settle();
      want(0, 1, 2);
      expect(asked[1]?.columns).toEqual([2]);
      await vi.advanceTimersByTimeAsync(520);
      expect(asked[2]?.columns).toEqual([0, 1]);
    });

    it("hands out one tile of a request that is on its way", async () => {
      const { asked, queue, store, want } = batches();
      want(0, 1, 2);
      const loaded = queue.load(store, { level: 0, ty: 0, tx: 1 });
      want();
      asked[0]?.answer();
      expect((await loaded).width).toBe(256);
      expect(asked).toHaveLength(1);
    });
  });
});
