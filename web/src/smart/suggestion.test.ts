import { describe, expect, it } from "vitest";
import { nextScale, scaleShown } from "./suggestion";

describe("scale of a suggestion", () => {
  it("is the likeliest one unless another was chosen", () => {
    expect(scaleShown("best", [0.2, 0.7, 0.4])).toBe(1);
    expect(scaleShown("best", [0.5, 0.5, 0.5])).toBe(0);
    expect(scaleShown(2, [0.9, 0.1, 0.1])).toBe(2);
  });

  it("goes round from the one that is shown", () => {
    expect([nextScale("best", 1), nextScale("best", 2), nextScale("best", null)]).toEqual([2, 0, 1]);
    expect([nextScale(0, 2), nextScale(1, null), nextScale(2, 1)]).toEqual([1, 2, 0]);
  });
});
