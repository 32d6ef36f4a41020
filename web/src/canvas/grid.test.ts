import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf, halved, TILE, TileGrid, tileKey } from "./grid";

describe("tile grid", () => {
  it("gives every tile its own key", () => {
    const indices = fc.integer({ min: 0, max: 4095 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31 }), indices, indices, (level, ty, tx) => {
        expect(addressOf(tileKey(level, ty, tx))).toEqual({ level, ty, tx });
      }),
    );
  });

  it("knows the sizes of levels and of tiles at the edge", () => {
    const grid = new TileGrid(1025, 600, 4);
    expect([grid.levelWidth(1), grid.levelHeight(1)]).toEqual([513, 300]);
    expect([grid.columns(0), grid.rows(0), grid.columns(3), grid.rows(3)]).toEqual([5, 3, 1, 1]);
    expect(grid.tileSize({ level: 0, ty: 2, tx: 4 })).toEqual({ width: 1, height: 88 });
  });

  it("finds exactly the tiles that a rectangle touches", () => {
    const grid = new TileGrid(2000, 1500, 4);
    const sides = fc.tuple(fc.integer({ min: -500, max: 2500 }), fc.integer({ min: 1, max: 1500 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), sides, sides, (level, [x0, width], [y0, height]) => {
        const bounds = { x0, y0, x1: x0 + width, y1: y0 + height };
        const side = TILE * 2 ** level;
        const expected: string[] = [];
        for (let ty = 0; ty < grid.rows(level); ty++) {
          for (let tx = 0; tx < grid.columns(level); tx++) {
            const isTouched =
              tx * side < bounds.x1 &&
              (tx + 1) * side > bounds.x0 &&
              ty * side < bounds.y1 &&
              (ty + 1) * side > bounds.y0;
            if (isTouched) expected.push(`${ty} ${tx}`);
          }
        }
        expect(grid.tilesIn(level, bounds).map(({ ty, tx }) => `${ty} ${tx}`)).toEqual(expected);
      }),
    );
  });

  it("takes the level whose pixels are shown at half a screen pixel to one", () => {
    const grid = new TileGrid(8192, 8192, 6);
    expect([4, 1, 0.9, 0.51, 0.5, 0.3, 0.25, 0.01].map((scale) => grid.levelFor(scale))).toEqual([
      0, 0, 0, 0, 1, 1, 2, 5,
    ]);
  });

  it("covers with a halved rectangle every pixel that has a part in it", () => {
    expect(halved({ x0: 3, y0: 4, x1: 5, y1: 5 })).toEqual({ x0: 1, y0: 2, x1: 3, y1: 3 });
  });

  it("counts the finest tiles under a tile, also at the edges", () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 5000 }), height: fc.integer({ min: 1, max: 5000 }) });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 4 }), ({ width, height }, level) => {
        const grid = new TileGrid(width, height, 5);
        let count = 0;
        for (let ty = 0; ty < grid.rows(level); ty++) {
          for (let tx = 0; tx < grid.columns(level); tx++) count += grid.finestUnder({ level, ty, tx });
        }
        expect(count).toBe(grid.rows(0) * grid.columns(0));
      }),
    );
  });
});
