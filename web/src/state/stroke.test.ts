import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstDifference } from "../testing/arrays";
import { LabelLayer } from "./labelLayer";
import { paintRule } from "./rules";
import { decodeRuns } from "./runs";
import { pixelsGained } from "./steps";
import { Stroke } from "./stroke";

const WIDTH = 300;
const HEIGHT = 290;

const rows = fc.array(
  fc.record({
    y: fc.integer({ min: -3, max: HEIGHT + 3 }),
    x0: fc.integer({ min: -20, max: WIDTH + 20 }),
    width: fc.integer({ min: 0, max: 400 }),
  }),
  { maxLength: 20 },
);

function pixelsOf(layer: LabelLayer): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => layer.valueAt(i % WIDTH, Math.floor(i / WIDTH)));
}

function countsOf(pixels: Uint8Array): number[] {
  const counts = new Array<number>(256).fill(0);
  for (const classId of pixels) if (classId > 0) counts[classId] = (counts[classId] as number) + 1;
  return counts;
}

function draw(layer: LabelLayer, classId: number, list: { y: number; x0: number; width: number }[]): Stroke {
  const stroke = new Stroke(layer, paintRule(classId, false, new Set()));
  for (const { y, x0, width } of list) stroke.coverRow(y, x0, x0 + width);
  return stroke;
}

describe("stroke", () => {
  it("changes what a plain array would, and tells which pixels it covers", () => {
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const layer = new LabelLayer(WIDTH, HEIGHT);
        draw(layer, 1, first).finish();
        const expected = pixelsOf(layer);
        const covered = new Uint8Array(WIDTH * HEIGHT);
        for (const { y, x0, width } of second) {
          for (let x = Math.max(x0, 0); x < Math.min(x0 + width, WIDTH); x++) {
            if (y < 0 || y >= HEIGHT) continue;
            covered[y * WIDTH + x] = 1;
            if (expected[y * WIDTH + x] === 0) expected[y * WIDTH + x] = 2;
          }
        }
        const before = countsOf(pixelsOf(layer));
        const stroke = draw(layer, 2, second);
        const tiles = stroke.finish();
        const told = new Uint8Array(WIDTH * HEIGHT);
        for (const { ty, tx, covered: runs } of tiles) {
          decodeRuns(runs).forEach((inside, at) => {
            if (inside) told[(ty * 256 + (at >> 8)) * WIDTH + tx * 256 + (at & 255)] = 1;
          });
        }
        expect(firstDifference(pixelsOf(layer), expected)).toBe(-1);
        expect(firstDifference(told, covered)).toBe(-1);
        const step = {
          rule: stroke.rule,
          tiles: tiles.map((tile) => ({ image: 0, layer: "labels" as const, ...tile })),
        };
        const after = countsOf(expected);
        expect([...pixelsGained(step)].slice(1)).toEqual(after.map((count, id) => count - (before[id] ?? 0)).slice(1));
      }),
      { numRuns: 12 },
    );
  });

  it("leaves no trace when it is given up", () => {
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const layer = new LabelLayer(WIDTH, HEIGHT);
        draw(layer, 1, first).finish();
        const before = pixelsOf(layer);
        draw(layer, 2, second).cancel();
        expect(firstDifference(pixelsOf(layer), before)).toBe(-1);
      }),
      { numRuns: 12 },
    );
  });

  it("is drawn again over a tile that the server replaced", () => {
    const layer = new LabelLayer(WIDTH, HEIGHT);
    const stroke = draw(layer, 2, [{ y: 10, x0: 0, width: 100 }]);
    const replacement = new Uint8Array(256 * 256);
    replacement.fill(1, 10 * 256 + 50, 10 * 256 + 60);
    layer.replaceTile(0, 0, replacement, 256);
    stroke.rebase(0, 0);
    expect([49, 50, 59, 60].map((x) => layer.valueAt(x, 10))).toEqual([2, 1, 1, 2]);
    stroke.cancel();
    expect([49, 50, 59, 60].map((x) => layer.valueAt(x, 10))).toEqual([0, 1, 1, 0]);
  });

  it("takes a tile at the edge with its own width", () => {
    const layer = new LabelLayer(WIDTH, HEIGHT);
    layer.replaceTile(
      1,
      1,
      Uint8Array.from({ length: 44 * 34 }, (_, index) => (index === 45 ? 5 : 0)),
      44,
    );
    expect(layer.valueAt(257, 257)).toBe(5);
  });
});
