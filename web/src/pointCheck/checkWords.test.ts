import { describe, expect, it } from "vitest";
import type { PointCheck, PointEstimate } from "../api/pointCheck";
import { answeredWords, formatRange, goOnWords, lossWords } from "./checkWords";

const checkOf = (...answers: (number | "unsure" | null)[]): PointCheck => ({
  id: "check",
  drawn: "2026-01-01T00:00:00Z",
  points: answers.map((answer) => ({ y: 0, x: 0, answer })),
  estimate: null,
});
const estimate = {} as PointEstimate;

describe("words of a check", () => {
  it("says an interval with two decimals", () => expect(formatRange({ low: 0.8, high: 0.9734 })).toBe("0.80 – 0.97"));

  it("says how far it is", () => {
    expect(goOnWords(checkOf(1, null, null))).toBe("Go on (1 of 3 answered)");
    expect(goOnWords(checkOf(1, "unsure"))).toBe("Change answers");
  });

  it("says what was answered, and from when on there are numbers", () => {
    expect(answeredWords(checkOf(1, 2, null))).toBe(
      "2 of 3 points are answered. The numbers stand here as soon as 10 have a class.",
    );
    expect(answeredWords({ ...checkOf(1, "unsure"), estimate })).toBe(
      "2 of 2 points are answered; 1 could not be told and counts for nothing.",
    );
    expect(answeredWords({ ...checkOf("unsure", "unsure"), estimate })).toContain("2 could not be told and count for");
  });

  it("says what other points cost", () => {
    expect(lossWords(checkOf(null, null))).toBe("Other points are drawn.");
    expect(lossWords(checkOf(1, null))).toContain("the answer that you gave is gone");
    expect(lossWords(checkOf(1, 2))).toContain("the 2 answers that you gave are gone");
  });
});
