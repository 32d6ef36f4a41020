import { describe, expect, it } from "vitest";
import type { ImageSummary } from "../../state/contract";
import { chosenParts, FIRST_CHOICE, haveOneSize, missingText, possibleParts, toggled } from "./exportChoice";

const imagesWith = (...results: ImageSummary["result"][]): ImageSummary[] =>
  results.map((result, id) => ({ id, result, width: 10, height: 20 }) as ImageSummary);

describe("what can be saved of all images", () => {
  it("is what there is of any", () => {
    const some = possibleParts(imagesWith("none", "outdated"), { labels: true, classifier: true });
    expect([...some].sort()).toEqual(["classifier", "labels", "probabilities", "segmentation", "uncertainty"]);
    const labels = possibleParts(imagesWith("none", "running"), { labels: true, classifier: false });
    expect([...labels]).toEqual(["labels"]);
    const untrained = possibleParts(imagesWith("none"), { labels: false, classifier: true });
    expect([...untrained].sort()).toEqual(["classifier", "probabilities"]);
  });

  it("is chosen by kind, and only what is possible is asked for", () => {
    const possible = new Set(["segmentation", "labels"] as const);
    const parts = toggled(toggled(["segmentation"], "probabilities"), "labels");
    expect(chosenParts({ ...FIRST_CHOICE, parts }, possible)).toEqual(["segmentation", "labels"]);
    expect(chosenParts({ ...FIRST_CHOICE, form: "stack", stackPart: "labels" }, possible)).toEqual(["labels"]);
    expect(chosenParts({ ...FIRST_CHOICE, form: "stack", stackPart: "uncertainty" }, possible)).toEqual([]);
    expect(toggled(["labels"], "labels")).toEqual([]);
  });

  it("is a stack only where all images have one size", () => {
    const images = imagesWith("none", "none");
    expect(haveOneSize(images)).toBe(true);
    expect(haveOneSize([...images, { ...images[0], width: 11 } as ImageSummary])).toBe(false);
  });

  it("says what is missing", () => {
    expect(missingText(imagesWith("complete", "outdated"))).toBeNull();
    expect(missingText(imagesWith("none", "complete", "none"))).toBe("2 of 3 images are not segmented yet.");
    expect(missingText(imagesWith("none", "complete"))).toBe("1 of 2 images is not segmented yet.");
    expect(missingText(imagesWith("none", "none"))).toBe("No image is segmented yet: train first.");
  });
});
