import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskHolds, maskOfBits, paintBorder, paintMask } from "./mask";
import { outlineOf } from "./outline";

/** All unit cracks between a pixel inside and one outside, as "x y h" and "x y v". */
function cracksOf(bits: Uint8Array, width: number): string[] {
  const height = bits.length / width;
  const at = (y: number, x: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : (bits[y * width + x] as number);
  const cracks: string[] = [];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (at(y, x) !== at(y - 1, x)) cracks.push(`${x} ${y} h`);
      if (at(y, x) !== at(y, x - 1)) cracks.push(`${x} ${y} v`);
    }
  }
  return cracks.sort();
}

function unitsOf(lines: Int32Array): string[] {
  const units: string[] = [];
  for (let at = 0; at < lines.length; at += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = lines.subarray(at, at + 4);
    expect((x0 === x1) !== (y0 === y1)).toBe(true);
    for (let x = x0; x < x1; x++) units.push(`${x} ${y0} h`);
    for (let y = y0; y < y1; y++) units.push(`${x0} ${y} v`);
  }
  return units.sort();
}

describe("outline", () => {
  it("of a rectangle is four lines", () => {
    const bits = new Uint8Array(50);
    for (const y of [1, 2, 3]) bits.fill(1, y * 10 + 2, y * 10 + 7);
    const lines = outlineOf(maskOfBits(bits, 10, 100, 1000));
    expect([...lines].length).toBe(16);
    expect(unitsOf(lines)).toContain("1002 101 h");
    expect(unitsOf(lines)).toHaveLength(16);
  });

  it("is every crack between inside and outside, once", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 35, maxLength: 35 }), (pixels) => {
        const bits = Uint8Array.from(pixels);
        expect(unitsOf(outlineOf(maskOfBits(bits, 7)))).toEqual(cracksOf(bits, 7));
      }),
    );
  });
});

describe("mask", () => {
  it("has a border of the pixels inside that touch one outside", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 35, maxLength: 35 }), (pixels) => {
        const mask = maskOfBits(Uint8Array.from(pixels), 7);
        const [width, height] = [mask.right - mask.left, mask.bottom - mask.top];
        const words = new Uint32Array(width * height);
        paintMask(mask, words, 1);
        paintBorder(mask, outlineOf(mask), words, 2);
        words.forEach((word, at) => {
          const [y, x] = [mask.top + Math.floor(at / width), mask.left + (at % width)];
          const isInside = maskHolds(mask, y, x);
          const beside = [
            maskHolds(mask, y - 1, x),
            maskHolds(mask, y + 1, x),
            maskHolds(mask, y, x - 1),
            maskHolds(mask, y, x + 1),
          ];
          expect(word).toBe(isInside ? (beside.every(Boolean) ? 1 : 2) : 0);
        });
      }),
    );
  });

  it("holds the pixels it was made of, and no others", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 24, maxLength: 24 }), (pixels) => {
        const bits = Uint8Array.from(pixels);
        const mask = maskOfBits(bits, 6, 3, 5);
        bits.forEach((bit, at) => {
          expect(maskHolds(mask, 3 + Math.floor(at / 6), 5 + (at % 6))).toBe(bit === 1);
        });
        expect(mask.area).toBe(pixels.filter((pixel) => pixel === 1).length);
        const words = new Uint32Array((mask.bottom - mask.top) * (mask.right - mask.left));
        paintMask(mask, words, 7);
        expect(words.filter((word) => word === 7)).toHaveLength(mask.area);
      }),
    );
  });
});
