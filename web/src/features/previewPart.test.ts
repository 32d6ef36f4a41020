import { describe, expect, it } from "vitest";
import { partText, previewPart } from "./previewPart";

const image = { width: 1000, height: 60 };

describe("the part of the image that is pictured", () => {
  it("is the middle of what is seen, at most 96 pixels a side", () => {
    expect(previewPart({ top: -40, left: 200, bottom: 100, right: 600 }, image)).toEqual({
      top: 0,
      bottom: 60,
      left: 352,
      right: 448,
    });
  });

  it("is all that is seen where that is less", () => {
    expect(previewPart({ top: 10, left: 990, bottom: 20, right: 1010 }, image)).toEqual({
      top: 10,
      bottom: 20,
      left: 990,
      right: 1000,
    });
  });

  it("holds a pixel even where the view is beside the image", () => {
    const part = previewPart({ top: 70, left: 1200, bottom: 90, right: 1300 }, image);
    expect(part).toEqual({ top: 59, bottom: 60, left: 999, right: 1000 });
  });

  it("says that features are not those of a reduced image where the view is zoomed out", () => {
    const part = { top: 0, left: 0, bottom: 96, right: 96 };
    expect(partText(part, 0.4)).toContain("at 100 %");
    expect(partText(part, 2)).toBe("The 96 × 96 pixels in the middle of the view.");
  });
});
