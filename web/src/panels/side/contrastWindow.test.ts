import { describe, expect, it } from "vitest";
import { clampedWindow, editedChannels, histogramPath, rebinned, windowStep } from "./contrastWindow";

const byte = { low: 0, high: 255 };

describe("clampedWindow", () => {
  it("keeps what fits", () => expect(clampedWindow({ low: 10, high: 20 }, byte, 1)).toEqual({ low: 10, high: 20 }));
  it("stays in the range", () => expect(clampedWindow({ low: -5, high: 999 }, byte, 1)).toEqual(byte));
  it("never closes", () => {
    expect(clampedWindow({ low: 80, high: 80 }, byte, 1)).toEqual({ low: 80, high: 81 });
    expect(clampedWindow({ low: 255, high: 255 }, byte, 1)).toEqual({ low: 254, high: 255 });
  });
});

describe("windowStep", () => {
  it("is one grey value for integers", () => expect(windowStep(byte, true)).toBe(1));
  it("is a thousandth of the range for floats", () => expect(windowStep({ low: -1, high: 1 }, false)).toBe(0.002));
  it("is above 0 for an even image", () => expect(windowStep({ low: 3, high: 3 }, false)).toBeGreaterThan(0));
});

describe("editedChannels", () => {
  const rgb = { channels: 3, is_rgb: true };
  it("is all three of a colour image", () => expect(editedChannels(rgb, null)).toEqual([0, 1, 2]));
  it("is the shown one", () => expect(editedChannels(rgb, 1)).toEqual([1]));
  it("is the first of an image without colour", () =>
    expect(editedChannels({ channels: 4, is_rgb: false }, null)).toEqual([0]));
});

describe("histogramPath", () => {
  it("is empty before tiles arrived", () => expect(histogramPath(new Float64Array(256), 10, 10)).toBe(""));
  it("draws each bin as a step, highest at the top", () =>
    expect(histogramPath(Float64Array.of(4, 1), 10, 8)).toBe("M0 8L0.00 0.00L5.00 0.00L5.00 4.00L10.00 4.00L10 8Z"));
});

describe("rebinned", () => {
  const comb = new Float64Array(256);
  for (let value = 0; value < 85; value++) comb[Math.min(255, Math.floor((value * 256) / 84))] = value + 1;
  it("closes the gaps between integers", () =>
    expect(Array.from(rebinned(comb, { low: 90, high: 174 }, true))).toEqual(
      Array.from({ length: 85 }, (_, value) => value + 1),
    ));
  it("leaves wide ranges and floats alone", () => {
    expect(rebinned(comb, byte, true)).toBe(comb);
    expect(rebinned(comb, { low: 0, high: 1 }, false)).toBe(comb);
  });
});
