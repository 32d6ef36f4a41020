import { describe, expect, it } from "vitest";
import { formatEstimate, formatInterval, formatNumber, trendPoints } from "./trustWords";

const entry = (overlap: number | null) => ({ time: "", revision: 1, overlap, error: 0.1, strokes: 2 });

describe("words of estimates", () => {
  it("says an estimate with its error, and a dash where nothing is known", () => {
    expect(formatEstimate(0.714, 0.061)).toBe("0.71 ± 0.06");
    expect(formatNumber(null)).toBe("–");
    expect(formatInterval({ low: 0.31, high: 0.3642 })).toBe("31.0 – 36.4 %");
  });

  it("draws the trend from 0 at the bottom to 1 at the top, without trainings of which nothing is known", () => {
    expect(trendPoints([entry(0), entry(null), entry(0.5), entry(1)], 60, 20)).toBe("0.0,20.0 30.0,10.0 60.0,0.0");
    expect(trendPoints([entry(0.5)], 60, 20)).toBe("");
  });
});
