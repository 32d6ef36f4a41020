import { describe, expect, it } from "vitest";
import type { FeatureSuggestion } from "../api/featureChoice";
import { barsOf, changedText, strokesText } from "./suggestionWords";

const judged = (families: string[], scales_px: number[]) => ({
  recipe: { families, scales_px, sigma_convention: "radius" as const, window: 4 },
  planes: 1,
  seconds_per_megapixel: 0.1,
  held_out_iou: 0.9,
  held_out_loss: 0.2,
});

const found: FeatureSuggestion = {
  before: judged(["gaussian", "sobel"], [1, 4]),
  after: judged(["gaussian"], [4]),
  is_smaller: true,
  changed: 0.012,
  importances: [
    { kind: "family", id: "sobel", name: "Sobel", planes: 3, importance: -0.01 },
    { kind: "family", id: "gaussian", name: "Gaussian", planes: 3, importance: 0.4 },
    { kind: "scale", id: "0", name: "no blur", planes: 2, importance: 0.1 },
    { kind: "scale", id: "1", name: "1 px", planes: 2, importance: 0.05 },
    { kind: "scale", id: "4", name: "4 px", planes: 2, importance: 0.2 },
  ],
  strokes: [
    { class_id: 1, name: "Pore", strokes: 1 },
    { class_id: 2, name: "Matrix", strokes: 3 },
  ],
  tolerance: { iou: 0.01, loss: 0.02, agreement: 0.97 },
};

describe("a suggested recipe in words", () => {
  it("shows the most important first, and what goes; what does harm has no bar", () => {
    expect(barsOf(found, "family").map(({ id, length, goes }) => [id, length, goes])).toEqual([
      ["gaussian", 1, false],
      ["sobel", 0, true],
    ]);
    expect(barsOf(found, "scale").map(({ id, goes }) => [id, goes])).toEqual([
      ["4", false],
      ["0", false],
      ["1", true],
    ]);
  });

  it("names classes that were labelled in one place", () => {
    expect(strokesText(found)).toContain("Pore is labelled in one place only");
    expect(strokesText({ ...found, strokes: [{ class_id: 2, name: "Matrix", strokes: 3 }] })).toBeNull();
  });

  it("says how much would change", () => {
    expect(changedText(found)).toBe("About 1.2 % of the image would get another class.");
    expect(changedText({ ...found, is_smaller: false })).toContain("Nothing can go");
  });
});
