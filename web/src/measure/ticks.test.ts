import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ticksTo } from "./ticks";

describe("ticks", () => {
  it("are round numbers", () => {
    expect(ticksTo(1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticksTo(37)).toEqual([0, 10, 20, 30, 40]);
    expect(ticksTo(0.0031)).toEqual([0, 0.001, 0.002, 0.003, 0.004]);
  });

  it("reach as far as the values, and not much farther, whatever these are", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (highest) => {
        const ticks = ticksTo(highest);
        const last = ticks.at(-1) ?? 0;
        expect(last).toBeGreaterThanOrEqual(highest * (1 - 1e-6));
        expect(last).toBeLessThanOrEqual(highest * 2);
        expect(ticks.length).toBeLessThanOrEqual(7);
      }),
    );
  });

  it("stand also where there is nothing", () => {
    expect(ticksTo(0)).toEqual([0, 1]);
    expect(ticksTo(Number.NaN)).toEqual([0, 1]);
  });
});
