import { describe, expect, it } from "vitest";
import type { ImageSummary, ResultInfo } from "./contract";
import { imageAfter, placeOf, remainingImages, withResult, withSummary } from "./imageList";

const image = (id: number, changes: Partial<ImageSummary> = {}): ImageSummary => ({
  id,
  name: `slice${id}.tif`,
  width: 10,
  height: 10,
  state: "ready",
  message: "",
  progress: null,
  linked: false,
  labelled: false,
  result: "none",
  ...changes,
});
const IMAGES = [image(4), image(0), image(7)];
const result = (changes: Partial<ResultInfo>): ResultInfo =>
  ({ id: "r", image: 0, state: "complete", outdated: false, ...changes }) as ResultInfo;

describe("the list of images", () => {
  it("goes by the order, not by the ids, and ends at its ends", () => {
    expect([-9, -1, 0, 1, 9].map((places) => imageAfter(IMAGES, 0, places))).toEqual([4, 4, 0, 7, 7]);
    expect(placeOf(IMAGES, 7)).toBe(2);
  });

  it("starts from the first where an image is gone", () => {
    expect([placeOf(IMAGES, 99), imageAfter(IMAGES, 99, 1)]).toEqual([0, 0]);
    expect(imageAfter([], 3, 1)).toBe(3);
  });

  it("takes up what is told of one image, and keeps the list where nothing differs", () => {
    expect(withSummary(IMAGES, image(7, { labelled: true })).map(({ labelled }) => labelled)).toEqual([
      false,
      false,
      true,
    ]);
    expect(withResult(IMAGES, result({}))[1]?.result).toBe("complete");
    expect(withResult(IMAGES, result({ outdated: true }))[1]?.result).toBe("outdated");
    expect(withResult(IMAGES, result({ state: "running" }))[1]?.result).toBe("running");
    expect(withResult(IMAGES, result({ state: "cancelled" }))).toBe(IMAGES);
    expect(withResult(IMAGES, result({ image: 99 }))).toBe(IMAGES);
  });

  it("counts what is left to segment", () => {
    const some = [image(0, { result: "complete" }), image(1, { result: "outdated" }), image(2)];
    expect(remainingImages(some)).toBe(2);
  });
});
