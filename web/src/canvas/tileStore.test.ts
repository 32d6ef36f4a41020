import { describe, expect, it } from "vitest";
import { TileGrid } from "./grid";
import { TileStore } from "./tileStore";

const never = new AbortController().signal;

describe("tile store", () => {
  it("reads pixels in the type that the server said", async () => {
    const values = new Float32Array([1.5, -2]);
    const store = new TileStore(new TileGrid(2, 1, 1), "float32", async () => values.buffer, 1000);
    const tile = await store.load({ level: 0, ty: 0, tx: 0 }, never);
    expect([...tile.pixels]).toEqual([1.5, -2]);
    expect([tile.width, tile.height]).toEqual([2, 1]);
  });

  it("finds the nearest coarser tile over a missing one", async () => {
    const store = new TileStore(new TileGrid(4096, 4096, 5), "uint8", async () => new ArrayBuffer(65_536), 1e7);
    await store.load({ level: 4, ty: 0, tx: 0 }, never);
    await store.load({ level: 2, ty: 1, tx: 3 }, never);
    expect(store.nearest({ level: 0, ty: 5, tx: 13 })?.at).toEqual({ level: 2, ty: 1, tx: 3 });
    expect(store.nearest({ level: 0, ty: 15, tx: 15 })?.at).toEqual({ level: 4, ty: 0, tx: 0 });
  });

  it("takes a tile as stale whose result became complete while it was on its way", async () => {
    const { store, answer } = waiting();
    let isComplete = false;
    store.isFinalAt = () => isComplete;
    const loading = store.load(FIRST, never);
    isComplete = true;
    answer();
    expect(await loading).toMatchObject({ stale: true, final: false });
  });

  it("takes a tile as stale that changed while it was on its way, and fetches it once more", async () => {
    const { store, answer } = waiting();
    const loading = store.load(FIRST, never);
    store.changed(0, 0);
    answer();
    expect(await loading).toMatchObject({ stale: true });
    expect(store.needs(FIRST)).toBe(true);
    const again = store.load(FIRST, never);
    answer();
    expect(await again).toMatchObject({ stale: false });
  });

  it("takes all as stale where anything may have been missed", async () => {
    const { store, answer } = waiting();
    const loading = store.load(FIRST, never);
    store.allChanged();
    answer();
    expect((await loading).stale).toBe(true);
  });

  it("fetches several tiles by one request, each with its own pixels", async () => {
    const asked: number[][] = [];
    const store = new TileStore(
      new TileGrid(600, 256, 2),
      "uint8",
      {
        most: 8,
        load: async (tiles) => {
          asked.push(tiles.map(({ tx }) => tx));
          return tiles.map(({ tx }) => new Uint8Array(tx === 2 ? 88 * 256 : 65_536).fill(tx).buffer);
        },
      },
      1e7,
    );
    const tiles = await store.loadSeveral(
      [2, 0].map((tx) => ({ level: 0, ty: 0, tx })),
      never,
    );
    expect(asked).toEqual([[2, 0]]);
    expect(tiles.map(({ width, pixels }) => [width, pixels[0]])).toEqual([
      [88, 2],
      [256, 0],
    ]);
  });
});

const FIRST = { level: 0, ty: 0, tx: 0 };

/** A store whose request is answered when the test says so. */
function waiting(): { store: TileStore; answer(): void } {
  let resolve: (buffer: ArrayBuffer) => void = () => {};
  const store = new TileStore(
    new TileGrid(256, 256, 1),
    "uint8",
    () =>
      new Promise((answered) => {
        resolve = answered;
      }),
    1e7,
  );
  return { store, answer: () => resolve(new ArrayBuffer(65_536)) };
}
