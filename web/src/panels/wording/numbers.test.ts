import { describe, expect, it } from "vitest";
import {
  formatDuration,
  formatEstimate,
  formatShare,
  formatShortCount,
  formatTimeLeft,
  formatValue,
  formatWhen,
  formatZoom,
} from "./numbers";

describe("formatShare", () => {
  it.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.342, "34.2 %"],
    [0.0002, "< 0.1 %"],
    [0.9999, "> 99.9 %"],
  ])("%d is %s", (share, text) => expect(formatShare(share)).toBe(text));
  it("can leave decimals out", () => expect(formatShare(0.824, 0)).toBe("82 %"));
  it("does not claim certainty without decimals", () => expect(formatShare(0.998, 0)).toBe("> 99 %"));
});

describe("formatShortCount", () => {
  it.each([
    [0, "0"],
    [9999, "9,999"],
    [10_000, "10 k"],
    [999_400, "999 k"],
    [999_600, "1.0 M"],
    [123_456_789, "123 M"],
  ])("%d is %s", (count, text) => expect(formatShortCount(count)).toBe(text));
});

describe("formatValue", () => {
  it.each([
    [143, "143"],
    [65_535, "65535"],
    [0.123456, "0.1235"],
    [-2.5, "−2.5"],
    [Number.NaN, "no value"],
    [Number.POSITIVE_INFINITY, "∞"],
  ])("%d is %s", (value, text) => expect(formatValue(value)).toBe(text));
});

describe("durations and zoom", () => {
  it.each([
    [0.01, "less than 0.1 s"],
    [0.42, "0.4 s"],
    [9.96, "10 s"],
    [125, "2 min 5 s"],
    [119.7, "2 min"],
  ])("%d s is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
  it("does not say about less than", () => {
    expect(formatEstimate(0.01)).toBe("less than 0.1 s");
    expect(formatEstimate(3.21)).toBe("about 3.2 s");
  });
  it.each([
    [0.2, "1 s left"],
    [2.1, "3 s left"],
    [90, "about 2 min left"],
  ])("%d s is %s", (seconds, text) => expect(formatTimeLeft(seconds)).toBe(text));
  it.each([
    [1, "100 %"],
    [0.0625, "6.3 %"],
    [16, "1600 %"],
  ])("zoom %d is %s", (zoom, text) => expect(formatZoom(zoom)).toBe(text));
});

describe("formatWhen", () => {
  const now = new Date(2024, 4, 10, 15, 0);
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();
  it.each([
    [at(2024, 4, 10, 15, 0), "just now"],
    [at(2024, 4, 10, 14, 59), "1 minute ago"],
    [at(2024, 4, 10, 14, 18), "42 minutes ago"],
    [at(2024, 4, 10, 9, 5), "today 09:05"],
    [at(2024, 4, 9, 23, 30), "yesterday 23:30"],
    [at(2023, 11, 3, 8, 0), "3 December 2023"],
    ["nonsense", ""],
  ])("%s is %s", (iso, text) => expect(formatWhen(iso, now)).toBe(text));
});
