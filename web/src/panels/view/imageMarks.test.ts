import { describe, expect, it } from "vitest";
import type { ImageSummary } from "../../state/contract";
import { marksOf, wordsOf } from "./imageMarks";

const image = (changes: Partial<ImageSummary>): ImageSummary =>
  ({ name: "slice 3.tif", state: "ready", message: "", labelled: false, result: "none", ...changes }) as ImageSummary;

describe("marks of an image", () => {
  it("tell of labels, results and what is wrong", () => {
    expect(marksOf(image({}))).toEqual([]);
    expect(marksOf(image({ labelled: true, result: "outdated" }))).toEqual(["labelled", "outdated"]);
    for (const state of ["failed", "missing", "changed"] as const)
      expect(marksOf(image({ state }))).toEqual(["broken"]);
    expect(marksOf(image({ state: "building", result: "running" }))).toEqual(["building", "running"]);
  });

  it("are read out with the name and the place", () => {
    expect(wordsOf(image({}), 2, 200)).toBe("slice 3.tif, image 3 of 200");
    expect(wordsOf(image({ labelled: true, result: "complete" }), 0, 2)).toBe(
      "slice 3.tif, image 1 of 2: has labels, segmented",
    );
    expect(wordsOf(image({ state: "missing", message: "/data/a.tif is gone." }), 0, 2)).toBe(
      "slice 3.tif, image 1 of 2: cannot be read, /data/a.tif is gone.",
    );
  });
});
