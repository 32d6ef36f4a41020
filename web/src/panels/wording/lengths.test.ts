import { describe, expect, it } from "vitest";
import { formatLength, formatPixelSize, shortNumber, unitFor } from "./lengths";

describe("shortNumber", () => {
  it.each([
    [0, "0"],
    [2, "2"],
    [12.5, "12.5"],
    [0.33333, "0.333"],
    [1234.4, "1234"],
    [99.96, "100"],
    [1e-7, "1e-7"],
  ])("%d is %s", (value, text) => expect(shortNumber(value)).toBe(text));
});

describe("formatLength", () => {
  it.each([
    [0.0125, "12.5 nm"],
    [1, "1 µm"],
    [0.999, "999 nm"],
    [1000, "1 mm"],
    [0.002 * 0.5, "1 nm"],
    [25_000, "2.5 cm"],
    [1e-6, "1 pm"],
    [1e-7, "0.1 pm"],
    [3e6, "3 m"],
  ])("%d µm is %s", (um, text) => expect(formatLength(um)).toBe(text));

  it("does not fall into the smaller unit by rounding", () => expect(unitFor(0.1 * 0.01).name).toBe("nm"));
});

describe("formatPixelSize", () => {
  it("names one length for square pixels", () =>
    expect(formatPixelSize({ x_um: 0.0125, y_um: 0.0125 })).toBe("12.5 nm/px"));
  it("names both lengths in one unit where they differ", () =>
    expect(formatPixelSize({ x_um: 0.5, y_um: 1 })).toBe("500 × 1000 nm/px"));
  it("is null where the size is unknown", () => expect(formatPixelSize(null)).toBeNull());
});
