import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundDown, scaleBar } from "./scaleBar";

describe("roundDown", () => {
  it.each([
    [1, 1],
    [1.99, 1],
    [2, 2],
    [4.9, 2],
    [5, 5],
    [9.99, 5],
    [10, 10],
    [0.03, 0.02],
    [730, 500],
  ])("%d becomes %d", (value, round) => expect(roundDown(value)).toBeCloseTo(round, 12));
});

describe("scaleBar", () => {
  it("shows 2 µm at 12.5 nm per pixel and 100 %", () =>
    expect(scaleBar(0.0125, 1, 200)).toEqual({ widthPx: 160, label: "2 µm" }));
  it("shrinks its length as the view zooms in", () => expect(scaleBar(0.0125, 8, 200)?.label).toBe("200 nm"));
  it("counts pixels where the pixel size is unknown", () =>
    expect(scaleBar(null, 0.5, 120)).toEqual({ widthPx: 100, label: "200 px" }));
  it("never splits a pixel", () => expect(scaleBar(null, 400, 120)).toEqual({ widthPx: 400, label: "1 px" }));
  it("has nothing to draw before the view is there", () => expect(scaleBar(1, 0, 100)).toBeNull());

  it("fills between two fifths of its room and all of it", () => {
    const positive = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(positive(1e-6, 1e3), positive(0.01, 64), positive(40, 300), (size, zoom, room) => {
        const bar = scaleBar(size, zoom, room);
        expect(bar?.widthPx).toBeLessThanOrEqual(room * (1 + 1e-9));
        expect(bar?.widthPx).toBeGreaterThanOrEqual(room * 0.4 * (1 - 1e-9));
      }),
    );
  });
});
