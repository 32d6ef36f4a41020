import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LabelLayer } from "../state/labelLayer";
import { paintRule } from "../state/rules";
import { Stroke } from "../state/stroke";
import { addressOf, TILE } from "./grid";
import { LabelMips } from "./labelMips";

const WIDTH = 300;
const HEIGHT = 280;
const LEVELS = 3;

/** Pixels of one level, row by row. */
interface Level {
  width: number;
  pixels: number[];
}

/** One level up: of four, the most frequent class that is not 0; the smaller of two. */
function halvedNaively({ width, pixels }: Level): Level {
  const halfWidth = Math.ceil(width / 2);
  const halfHeight = Math.ceil(pixels.length / width / 2);
  const half = Array.from({ length: halfWidth * halfHeight }, (_, index) => {
    const [x, y] = [2 * (index % halfWidth), 2 * Math.floor(index / halfWidth)];
    const right = x + 1 < width ? 1 : null;
    const four = [0, right, width, right === null ? null : width + 1].map((step) =>
      step === null ? 0 : (pixels[y * width + x + step] ?? 0),
    );
    if (four.every((classId) => classId === four[0])) return four[0] as number;
    const count = (classId: number): number => four.filter((other) => other === classId).length;
    return four.filter((classId) => classId > 0).sort((a, b) => count(b) - count(a) || a - b)[0] ?? 0;
  });
  return { width: halfWidth, pixels: half };
}

const strokes = fc.array(
  fc.record({
    classId: fc.integer({ min: 0, max: 3 }),
    x: fc.integer({ min: 0, max: WIDTH - 1 }),
    y: fc.integer({ min: 0, max: HEIGHT - 1 }),
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 12 }),
    looksBefore: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("coarser levels of a drawn layer", () => {
  it("follow drawing as if computed anew", () => {
    fc.assert(
      fc.property(strokes, (list) => {
        const layer = new LabelLayer(WIDTH, HEIGHT);
        const mips = new LabelMips(layer, LEVELS);
        for (const { classId, x, y, width, height, looksBefore } of list) {
          if (looksBefore) mips.tile(2, 0, 0);
          const stroke = new Stroke(layer, paintRule(classId, true, new Set()));
          for (let row = y; row < y + height; row++) stroke.coverRow(row, x, x + width);
          for (const [key, rect] of layer.takeDirty()) mips.changed(key, rect, () => {});
        }
        const finest = Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
          layer.valueAt(i % WIDTH, Math.floor(i / WIDTH)),
        );
        let expected: Level = { width: WIDTH, pixels: finest };
        for (let level = 1; level < LEVELS; level++) {
          expected = halvedNaively(expected);
          const { width } = expected;
          const differs = expected.pixels.findIndex((classId, index) => {
            const [x, y] = [index % width, Math.floor(index / width)];
            return (mips.tile(level, y >> 8, x >> 8)?.[(y & 255) * TILE + (x & 255)] ?? 0) !== classId;
          });
          expect(differs).toBe(-1);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("tell which part of which tile changed at each level", () => {
    const layer = new LabelLayer(WIDTH, HEIGHT);
    const mips = new LabelMips(layer, LEVELS);
    new Stroke(layer, paintRule(1, false, new Set())).coverRow(270, 261, 264);
    const seen: unknown[] = [];
    for (const [key, rect] of layer.takeDirty()) {
      expect(addressOf(key)).toEqual({ level: 0, ty: 1, tx: 1 });
      mips.changed(key, rect, (level, ty, tx, part) => seen.push([level, ty, tx, part]));
    }
    expect(seen).toEqual([
      [0, 1, 1, { x0: 5, y0: 14, x1: 8, y1: 15 }],
      [1, 0, 0, { x0: 130, y0: 135, x1: 132, y1: 136 }],
      [2, 0, 0, { x0: 65, y0: 67, x1: 66, y1: 68 }],
    ]);
  });
});
