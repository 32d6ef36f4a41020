import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstDifference } from "../testing/arrays";
import { countPixels, decodeRuns, encodeRuns, fromBase64, toBase64 } from "./runs";

/** Masks of any shape: intervals that overlap, touch, begin and end anywhere. */
const masks = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 1, max: 3000 })), { maxLength: 12 })
  .map((intervals) => {
    const mask = new Uint8Array(65_536);
    for (const [start, length] of intervals) mask.fill(1, start, start + length);
    return mask;
  });

describe("runs", () => {
  it("give the mask back", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect(firstDifference(decodeRuns(fromBase64(toBase64(encodeRuns(mask)))), mask)).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });

  it("ascend, keep a gap, and count what the mask counts", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const runs = encodeRuns(mask);
        for (let index = 2; index < runs.length; index += 2) {
          const end = (runs[index - 2] as number) + (runs[index - 1] as number) + 1;
          expect(runs[index]).toBeGreaterThan(end);
        }
        expect(countPixels(runs)).toBe(mask.reduce((sum, inside) => sum + inside, 0));
      }),
      { numRuns: 40 },
    );
  });

  it("write a full tile as one run", () => {
    expect([...encodeRuns(new Uint8Array(65_536).fill(1))]).toEqual([0, 65_535]);
  });

  it("are little-endian pairs of start and length − 1", () => {
    const mask = new Uint8Array(65_536).fill(1, 258, 261);
    expect(toBase64(encodeRuns(mask))).toBe(btoa("\u0002\u0001\u0002\u0000"));
  });

  it("stay below the server's limit in the worst case", () => {
    const text = toBase64(encodeRuns(new Uint8Array(65_536).map((_, index) => index % 2)));
    expect(text).toHaveLength(174_764);
  });
});
