import { describe, expect, it } from "vitest";
import { TileGrid } from "./grid";
import { histogramOf } from "./histogram";
import { TileStore } from "./tileStore";

const never = new AbortController().signal;

describe("histogram", () => {
  it("counts the finest level that is there as a whole", async () => {
    const store = new TileStore(
      new TileGrid(512, 1, 2),
      "uint8",
      async ({ level, tx }) => new Uint8Array(256).fill(level === 1 ? 100 : tx).buffer,
      1e6,
    );
    expect(histogramOf(store, 0, 0, 255).every((count) => count === 0)).toBe(true);
    await store.load({ level: 1, ty: 0, tx: 0 }, never);
    await store.load({ level: 0, ty: 0, tx: 0 }, never);
    expect(histogramOf(store, 0, 0, 256)[100]).toBe(256);
    await store.load({ level: 0, ty: 0, tx: 1 }, never);
    expect([...histogramOf(store, 0, 0, 256).subarray(0, 2)]).toEqual([256, 256]);
  });

  it("puts the ends into the range's bins and leaves out NaN and what is below", async () => {
    const values = Float32Array.of(0, 1, 2, -1, Number.NaN, Number.POSITIVE_INFINITY);
    const store = new TileStore(new TileGrid(6, 1, 1), "float32", async () => values.buffer, 1e6);
    await store.load({ level: 0, ty: 0, tx: 0 }, never);
    const counts = histogramOf(store, 0, 0, 1);
    expect([counts[0], counts[255], counts.reduce((sum, count) => sum + count, 0)]).toEqual([1, 3, 4]);
  });
});
