import { describe, expect, it } from "vitest";
import { uncertaintyColour } from "./colourMap";
import { displayPlane, displayValue } from "./displayValues";
import { type ImageLook, rowColourer } from "./imageColours";
import type { Pixels, RawTile } from "./tileStore";

function tileOf(pixels: Pixels, width: number, height = 1): RawTile {
  return { pixels, width, height, serial: 1, stale: false, final: true };
}

function colours(look: Partial<ImageLook>, tile: RawTile): number[][] {
  const out = new Uint32Array(tile.width);
  const full: ImageLook = { type: "uint8", channels: 1, isRgb: false, contrast: [], shownChannel: null, ...look };
  rowColourer(full)(tile, 0, 0, tile.width, out);
  return [...out].map((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255]);
}

describe("image colours", () => {
  it("stretch 16-bit values between black and white and clip the rest", () => {
    const contrast = [{ low: 1000, high: 2000 }];
    expect(colours({ type: "uint16", contrast }, tileOf(Uint16Array.of(0, 1000, 1500, 2000, 65_535), 5))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [128, 128, 128],
      [255, 255, 255],
      [255, 255, 255],
    ]);
  });

  it("show floats, with NaN black and infinities clipped", () => {
    const tile = tileOf(Float32Array.of(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY), 4);
    const grey = colours({ type: "float32", contrast: [{ low: 0, high: 1 }] }, tile).map(([r]) => r);
    expect(grey).toEqual([0, 128, 0, 255]);
  });

  it("show RGB planes as red, green and blue", () => {
    const contrast = [0, 1, 2].map(() => ({ low: 0, high: 255 }));
    expect(colours({ channels: 3, isRgb: true, contrast }, tileOf(Uint8Array.of(10, 40, 20, 50, 30, 60), 2))).toEqual([
      [10, 20, 30],
      [40, 50, 60],
    ]);
  });

  it("show one channel of several in grey, with its own contrast", () => {
    const contrast = [
      { low: 0, high: 255 },
      { low: 0, high: 100 },
    ];
    expect(colours({ channels: 2, contrast, shownChannel: 1 }, tileOf(Uint8Array.of(7, 50), 1))).toEqual([
      [128, 128, 128],
    ]);
  });

  it("add up channels that are no RGB, each in its colour", () => {
    const contrast = [0, 1].map(() => ({ low: 0, high: 255 }));
    expect(colours({ channels: 2, contrast }, tileOf(Uint8Array.of(255, 100), 1))).toEqual([[100, 255, 100]]);
  });

  it("become black or white where black and white are the same value", () => {
    const value = displayValue({ low: 5, high: 5 });
    expect([4, 5, 6].map(value)).toEqual([0, 0, 255]);
  });

  it("give the values that a fill compares", () => {
    const tile = tileOf(Uint8Array.of(0, 50, 100, 1, 51, 101), 3);
    expect([...displayPlane(tile, 1, { low: 1, high: 101 })]).toEqual([0, 128, 255]);
  });
});

describe("uncertainty colours", () => {
  it("run from black to pale yellow and grow lighter all the way", () => {
    expect(uncertaintyColour(0)).toEqual([0, 0, 4]);
    expect(uncertaintyColour(1)).toEqual([252, 255, 164]);
    const lightness = Array.from({ length: 101 }, (_, i) => {
      const [r, g, b] = uncertaintyColour(i / 100);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
    expect(lightness.every((value, i) => i === 0 || value > (lightness[i - 1] as number))).toBe(true);
  });
});
