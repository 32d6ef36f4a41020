import { describe, expect, it } from "vitest";
import { pointsOf, stepsOf, valueNear } from "./curves";

describe("curves", () => {
  it("go around the bins of a histogram", () => {
    expect(stepsOf([0, 2, 4], [0.25, 0.75])).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 0.25 },
      { x: 2, y: 0.25 },
      { x: 2, y: 0.75 },
      { x: 4, y: 0.75 },
      { x: 4, y: 0 },
    ]);
    expect(stepsOf([], [])).toEqual([]);
  });

  it("leave out what is not known", () => {
    expect(pointsOf([0.5, null, 0.1], 0.2)).toEqual([
      { x: 0, y: 0.5 },
      { x: 0.4, y: 0.1 },
    ]);
  });

  it("tell their value near a place", () => {
    const points = pointsOf([0.5, 0.3, 0.1], 2);
    expect(valueNear(points, 2.9)).toEqual({ x: 2, y: 0.3 });
    expect(valueNear([], 1)).toBeNull();
  });
});
