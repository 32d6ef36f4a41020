import { describe, expect, it } from "vitest";
import { gatherRow } from "./compose";
import { type TileAddress, TileGrid } from "./grid";
import { ResultTiles, type ShownResult } from "./resultTiles";
import type { BatchSource } from "./tileStore";

const GRID = new TileGrid(512, 256, 2);
const LEFT = { level: 0, ty: 0, tx: 0 };
const RIGHT = { level: 0, ty: 0, tx: 1 };
const TOP = { level: 1, ty: 0, tx: 0 };

/** Results whose tiles are full of one class where they are computed, each time a greater one, and as unsure. */
function fixture() {
  const computed = new Map<string, Map<number, number>>();
  let requests = 0;
  const results = new ResultTiles(GRID, (resultId) => ({
    most: 8,
    load: async (tiles) => {
      requests++;
      return tiles.map(({ level, tx }) => {
        const under = level === 0 ? [tx] : [0, 1];
        const pixels = new Uint8Array(2 * 65_536);
        const value = Math.min(...under.map((column) => computed.get(resultId)?.get(column) ?? 0));
        pixels.fill(value, 0, 65_536).fill(value * 10 - 10, 65_536);
        return pixels.buffer;
      });
    },
  }));
  const compute = (resultId: string, value: number, ...columns: number[]): void => {
    const known = computed.get(resultId) ?? new Map<number, number>();
    computed.set(resultId, known);
    for (const column of columns) known.set(column, value);
    results.computed(
      resultId,
      columns.map((tx) => ({ ty: 0, tx })),
    );
  };
  const fetch = async (at: TileAddress): Promise<void> => {
    await results.storeFor(at)?.load(at, new AbortController().signal);
  };
  const shownAt = (at: TileAddress): number => {
    const row = new Uint8Array(256);
    gatherRow(results.planes("segmentation", at).planes, 0, 0, 256, row);
    return row[0] as number;
  };
  return { results, compute, fetch, shownAt, requests: () => requests };
}

const state = (id: string, value: ShownResult["state"], revision = 1): ShownResult => ({
  id,
  state: value,
  revision,
  classes: [],
});

describe("result tiles", () => {
  it("keep the older result on the screen until the newer one is computed there", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    compute("first", 1, 0, 1);
    results.show(state("first", "complete"));
    for (const at of [LEFT, RIGHT]) await fetch(at);
    results.show(state("second", "running"));
    expect([shownAt(LEFT), shownAt(RIGHT)]).toEqual([1, 1]);
    compute("second", 2, 0);
    await fetch(LEFT);
    expect([shownAt(LEFT), shownAt(RIGHT)]).toEqual([2, 1]);
    expect(results.valueAt("segmentation", 10, 10)).toBe(2);
    expect(results.valueAt("uncertainty", 10, 10)).toBe(10);
    expect(results.valueAt("segmentation", 300, 10)).toBe(1);
    compute("second", 2, 1);
    results.show(state("second", "complete"));
    await fetch(RIGHT);
    expect(shownAt(RIGHT)).toBe(2);
  });

  it("go back to the older result when the newer one is cancelled", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    compute("first", 1, 0);
    results.show(state("first", "complete"));
    await fetch(LEFT);
    results.show(state("second", "running"));
    compute("second", 2, 0);
    await fetch(LEFT);
    results.show(state("second", "cancelled"));
    expect(shownAt(LEFT)).toBe(1);
    results.show(state("first", "complete"));
    expect(results.storeFor(LEFT)?.needs(LEFT)).toBe(false);
  });

  it("ask for a running result's tiles only where something was computed", () => {
    const { results, compute } = fixture();
    results.show(state("second", "running"));
    expect(results.storeFor(LEFT)).toBeNull();
    compute("second", 2, 1);
    expect(results.storeFor(LEFT)).toBeNull();
    expect(results.storeFor(RIGHT)).not.toBeNull();
    expect(results.storeFor(TOP)).not.toBeNull();
  });

  it("fetch once more what was not heard of when the result is complete, and nothing else", async () => {
    const { results, compute, fetch } = fixture();
    results.show(state("second", "running"));
    compute("second", 2, 0);
    await fetch(LEFT);
    await fetch(TOP);
    results.show(state("second", "complete"));
    expect([LEFT, RIGHT, TOP].map((at) => results.storeFor(at)?.needs(at))).toEqual([false, true, true]);
  });

  it("tell an uncertainty of 0 from one that is not computed", async () => {
    const { results, compute, fetch } = fixture();
    results.show(state("first", "running"));
    compute("first", 1, 0);
    await fetch(LEFT);
    expect(results.valueAt("uncertainty", 5, 5)).toBe(0);
    expect(results.valueAt("uncertainty", 300, 5)).toBeNull();
  });

  it("show nothing where the project has no result", () => {
    const { results } = fixture();
    results.show(state("first", "complete"));
    results.show(null);
    expect(results.isEmpty).toBe(true);
    expect(results.planes("segmentation", LEFT).planes).toEqual([]);
  });

  it("keep what a live result showed until it is computed again there, and fetch each tile once", async () => {
    const { results, compute, fetch, shownAt, requests } = fixture();
    compute("live", 1, 0, 1);
    results.show(state("live", "complete", 1));
    for (const at of [LEFT, RIGHT, TOP]) await fetch(at);
    results.show(state("live", "running", 2));
    expect([LEFT, RIGHT].map(shownAt)).toEqual([1, 1]);
    expect(results.storeFor(LEFT)?.needs(LEFT)).toBe(false);
    compute("live", 2, 0);
    expect([LEFT, RIGHT, TOP].map((at) => results.storeFor(at)?.needs(at))).toEqual([true, false, true]);
    await fetch(LEFT);
    expect([LEFT, RIGHT].map(shownAt)).toEqual([2, 1]);
    results.show(state("live", "running", 3));
    compute("live", 3, 0, 1);
    for (const at of [LEFT, RIGHT, TOP]) await fetch(at);
    const before = requests();
    results.show(state("live", "complete", 3));
    expect([LEFT, RIGHT, TOP].map((at) => results.storeFor(at)?.needs(at))).toEqual([false, false, false]);
    expect([LEFT, RIGHT, TOP].map(shownAt)).toEqual([3, 3, 3]);
    expect(requests()).toBe(before);
  });

  it("fetch all again where messages may have been missed", async () => {
    const { results, compute, fetch } = fixture();
    compute("live", 1, 0, 1);
    results.show(state("live", "complete"));
    await fetch(LEFT);
    results.doubt();
    expect(results.storeFor(LEFT)?.needs(LEFT)).toBe(true);
  });

  it("show a cleaned result over the one that was just computed, without the one before", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    compute("before", 9, 0, 1);
    results.show(state("before", "complete"));
    await fetch(LEFT);
    results.show(state("predicted", "running", 2));
    compute("predicted", 2, 0, 1);
    await fetch(LEFT);
    results.show(state("cleaned", "complete", 2));
    expect(shownAt(LEFT)).toBe(2);
    compute("cleaned", 3, 0, 1);
    await fetch(LEFT);
    expect(shownAt(LEFT)).toBe(3);
  });

  it("give the predicted classes back without a request", async () => {
    const { results, compute, fetch, shownAt, requests } = fixture();
    compute("predicted", 2, 0, 1);
    compute("cleaned", 3, 0, 1);
    results.show(state("predicted", "complete"));
    await fetch(LEFT);
    results.show(state("cleaned", "complete"));
    await fetch(LEFT);
    const before = requests();
    results.show(state("predicted", "complete"));
    expect(shownAt(LEFT)).toBe(2);
    expect(requests()).toBe(before);
  });

  it("lie beneath a preview, whose tiles are seen until those of the next one are there", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    const source = (value: number): BatchSource => ({
      most: 4,
      load: async (tiles) => tiles.map((at) => new Uint8Array(GRID.pixelsOf(at)).fill(value).buffer),
    });
    const signal = new AbortController().signal;
    compute("first", 1, 0, 1);
    results.show(state("first", "complete"));
    await fetch(LEFT);
    await results.preview(source(5))?.load(LEFT, signal);
    expect(shownAt(LEFT)).toBe(5);
    expect(results.valueAt("segmentation", 3, 3)).toBe(5);
    expect(results.valueAt("uncertainty", 3, 3)).toBe(0);
    results.preview(source(6));
    expect(shownAt(LEFT)).toBe(5);
    await results.previewStore?.load(LEFT, signal);
    expect(shownAt(LEFT)).toBe(6);
    results.preview(null);
    expect(shownAt(LEFT)).toBe(1);
  });
});
