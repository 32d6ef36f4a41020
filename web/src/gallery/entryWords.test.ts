import { describe, expect, it } from "vitest";
import { creatorWords, factsOf, instrumentWords, pixelSizeWords, pixelWords } from "./entryWords";
import { NO_METADATA } from "./metadata";

const { instrument: INSTRUMENT } = NO_METADATA;

it("says pixel sizes with the unit that fits", () => {
  expect(pixelSizeWords(null)).toBeNull();
  expect(pixelSizeWords({ x: 12.5, y: 12.5, unit: "nm" })).toBe("12.5 nm/px");
  expect(pixelSizeWords({ x: 0.5, y: 2, unit: "um" })).toBe("500 nm × 2 µm/px");
  expect(pixelWords(2000)).toBe("2 µm/px");
  expect(pixelWords(null)).toBeNull();
});

it("says the instrument", () =>
  expect(instrumentWords({ ...INSTRUMENT, type: "SEM", mode: "BSE", voltage_kv: 15 })).toBe("SEM, BSE, 15 kV"));

describe("facts", () => {
  it("leave out what nobody wrote", () => expect(factsOf(NO_METADATA)).toEqual([]));
  it("keep a score of 0", () =>
    expect(factsOf({ ...NO_METADATA, quality: 0 })).toEqual([{ name: "Submitter's score", words: "0 of 10" }]));
});

it.each([
  [[], ""],
  [["A"], "A"],
  [["A", "B"], "A and B"],
  [["A", "B", "C"], "A and 2 others"],
])("names creators %o", (names, words) => expect(creatorWords(names)).toBe(words));
