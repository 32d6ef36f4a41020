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
    let answer: (buffer: ArrayBuffer) => void = () => {};
    const store = new TileStore(
      new TileGrid(256, 256, 1),
      "uint8",
      () => new Promise((resolve) => (answer = resolve)),
      1e7,
    );
    store.isFinal = false;
    const loading = store.load({ level: 0, ty: 0, tx: 0 }, never);
    store.isFinal = true;
    answer(new ArrayBuffer(65_536));
    expect(await loading).toMatchObject({ stale: true, final: false });
  });
});
