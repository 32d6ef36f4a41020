import { describe, expect, it } from "vitest";
import type { ImageSummary, JobInfo } from "../../state/contract";
import { allImagesActions } from "./allImages";

const images = (...results: ImageSummary["result"][]): ImageSummary[] =>
  results.map((result, id) => ({ id, result }) as ImageSummary);
const job = (state: JobInfo["state"]): JobInfo => ({ kind: "apply_all", state }) as JobInfo;
const words = (list: ImageSummary[], of: JobInfo | null = null): string[] =>
  allImagesActions({ images: list, job: of }).map((action) => action.words);

describe("what can be done about all images", () => {
  it("is nothing for one image", () => expect(words(images("none"))).toEqual([]));

  it("is to apply the classifier to all of them", () =>
    expect(words(images("none", "outdated", "running"))).toEqual(["Apply to all 3 images"]));

  it("is to take the others, or all again, where some are done", () =>
    expect(words(images("complete", "none", "none"))).toEqual(["Apply to the remaining 2", "Apply to all again"]));

  it("is to go on where it was stopped", () => {
    expect(words(images("complete", "none"), job("cancelled"))[0]).toBe("Go on with the remaining 1");
    expect(words(images("complete", "none"), job("done"))[0]).toBe("Apply to the remaining 1");
  });

  it("is only to do it again where all are done", () =>
    expect(allImagesActions({ images: images("complete", "complete"), job: null })).toEqual([
      { words: "Apply to all again", again: true },
    ]));
});
