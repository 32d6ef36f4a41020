import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckedPoint } from "../state/contract";
import { countAnswered, firstOpen, nextOpen, withAnswer } from "./points";

const point = (answer: CheckedPoint["answer"], x = 0): CheckedPoint => ({ y: 0, x, answer });

describe("points of a check", () => {
  it("are asked in their order, and those that were left out after the last one", () => {
    const points = [point(1), point(null), point("unsure"), point(null)];
    expect(firstOpen(points)).toBe(1);
    expect(nextOpen(points, 1)).toBe(3);
    expect(nextOpen(points, 3)).toBe(1);
    expect(countAnswered(points)).toBe(2);
  });

  it("are all answered at the end, wherever one begins and goes back to", () => {
    const answers = fc.array(fc.constantFrom(null, "unsure" as const, 1, 2), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(answers, fc.nat(29), (given, from) => {
        let points: readonly CheckedPoint[] = given.map((answer, x) => point(answer, x));
        let at: number | null = from % given.length;
        let asked = 0;
        while (at !== null) {
          points = withAnswer(points, at, 1);
          at = nextOpen(points, at);
          asked++;
        }
        expect(countAnswered(points)).toBe(given.length);
        expect(asked).toBeLessThanOrEqual(given.filter((answer) => answer === null).length + 1);
        expect(points.map(({ x }) => x)).toEqual(given.map((_, x) => x));
      }),
    );
  });
});
