import { describe, expect, it } from "vitest";
import { gatherRow } from "./compose";
import { type TileAddress, TileGrid } from "./grid";
import { ResultTiles, type ShownResult } from "./resultTiles";

const GRID = new TileGrid(512, 256, 2);
const LEFT = { level: 0, ty: 0, tx: 0 };
const RIGHT = { level: 0, ty: 0, tx: 1 };

/** Results whose tiles are full of one class where they are computed. */
function fixture() {
  const computed = new Map<string, Set<number>>();
  const classOf: Record<string, number> = { first: 1, second: 2 };
  const results = new ResultTiles(GRID, (resultId, layer) => async ({ tx }) => {
    const isThere = computed.get(resultId)?.has(tx) ?? false;
    const value = layer === "segmentation" ? (classOf[resultId] as number) : 0;
    return new Uint8Array(65_536).fill(isThere ? value : 0).buffer;
  });
  const compute = (resultId: string, ...columns: number[]): void => {
    computed.set(resultId, new Set([...(computed.get(resultId) ?? []), ...columns]));
    results.computed(
      resultId,
      columns.map((tx) => ({ ty: 0, tx })),
    );
  };
  const fetch = async (at: TileAddress): Promise<void> => {
    for (const layer of ["segmentation", "uncertainty"] as const) {
      await results.storeFor(layer, at)?.load(at, new AbortController().signal);
    }
  };
  const shownAt = (at: TileAddress): number => {
    const row = new Uint8Array(256);
    gatherRow(results.planes("segmentation", at).planes, 0, 0, 256, row);
    return row[0] as number;
  };
  return { results, compute, fetch, shownAt };
}

const state = (id: string, value: ShownResult["state"]): ShownResult => ({ id, state: value, classes: [] });

describe("result tiles", () => {
  it("keep the older result on the screen until the newer one is computed there", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    compute("first", 0, 1);
    results.show(state("first", "complete"));
    for (const at of [LEFT, RIGHT]) await fetch(at);
    results.show(state("second", "running"));
    expect([shownAt(LEFT), shownAt(RIGHT)]).toEqual([1, 1]);
    compute("second", 0);
    await fetch(LEFT);
    expect([shownAt(LEFT), shownAt(RIGHT)]).toEqual([2, 1]);
    expect(results.valueAt("segmentation", 10, 10)).toBe(2);
    expect(results.valueAt("segmentation", 300, 10)).toBe(1);
    compute("second", 1);
    results.show(state("second", "complete"));
    await fetch(RIGHT);
    expect(shownAt(RIGHT)).toBe(2);
  });

  it("go back to the older result when the newer one is cancelled", async () => {
    const { results, compute, fetch, shownAt } = fixture();
    compute("first", 0);
    results.show(state("first", "complete"));
    await fetch(LEFT);
    results.show(state("second", "running"));
    compute("second", 0);
    await fetch(LEFT);
    results.show(state("second", "cancelled"));
    expect(shownAt(LEFT)).toBe(1);
    results.show(state("first", "complete"));
    expect(results.storeFor("segmentation", LEFT)?.needs(LEFT)).toBe(false);
  });

  it("ask for a running result's tiles only where something was computed", () => {
    const { results, compute } = fixture();
    results.show(state("second", "running"));
    expect(results.storeFor("segmentation", LEFT)).toBeNull();
    compute("second", 1);
    expect(results.storeFor("segmentation", LEFT)).toBeNull();
    expect(results.storeFor("segmentation", RIGHT)).not.toBeNull();
    expect(results.storeFor("segmentation", { level: 1, ty: 0, tx: 0 })).not.toBeNull();
  });

  it("fetch everything once more when the result is complete", async () => {
    const { results, compute, fetch } = fixture();
    results.show(state("second", "running"));
    compute("second", 0);
    await fetch(LEFT);
    expect(results.storeFor("segmentation", LEFT)?.needs(LEFT)).toBe(false);
    results.show(state("second", "complete"));
    expect(results.storeFor("segmentation", LEFT)?.needs(LEFT)).toBe(true);
  });

  it("tell an uncertainty of 0 from one that is not computed", async () => {
    const { results, compute, fetch } = fixture();
    results.show(state("first", "running"));
    compute("first", 0);
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
});
