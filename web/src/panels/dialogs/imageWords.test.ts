import { describe, expect, it } from "vitest";
import type { ImageSummary } from "../../state/contract";
import { factsOf, troubleOf } from "./imageWords";

const image: ImageSummary = {
  id: 0,
  name: "slice1.tif",
  width: 1024,
  height: 768,
  state: "ready",
  message: "",
  progress: null,
  linked: false,
  labelled: false,
  result: "none",
};

describe("what is said of an image", () => {
  it.each<[Partial<ImageSummary>, string]>([
    [{}, "1,024 × 768 px"],
    [{ labelled: true, result: "complete" }, "1,024 × 768 px · labels · segmented"],
    [{ linked: true, result: "outdated" }, "1,024 × 768 px · segmented with older labels · not copied"],
    [{ state: "building", progress: 0.42 }, "1,024 × 768 px · being read, 42 %"],
  ])("%o", (facts, text) => expect(factsOf({ ...image, ...facts })).toBe(text));

  it("names what is wrong in the server's words, where there are some", () => {
    expect(troubleOf(image)).toBeNull();
    expect(troubleOf({ ...image, state: "missing", message: "There is no /data/a.tif." })).toBe(
      "There is no /data/a.tif.",
    );
    expect(troubleOf({ ...image, state: "changed" })).toBe("Its file holds something else now.");
  });
});
