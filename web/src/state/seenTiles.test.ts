import { describe, expect, it } from "vitest";
import type { StaleTile } from "./imageLabels";
import { seenTiles } from "./seenTiles";

const tile = (image: number, ty: number, tx: number): StaleTile => ({ image, layer: "labels", ty, tx });
const bounds = { x0: 600, y0: 600, x1: 900, y1: 900 };

describe("tiles of labels that a view needs", () => {
  it("are those of the shown image in it or close to it, the nearest to the middle first", () => {
    const stale = [tile(0, 0, 0), tile(0, 3, 3), tile(0, 2, 2), tile(1, 2, 2), tile(0, 9, 2)];
    expect(seenTiles(stale, { images: [0], bounds })).toEqual([tile(0, 2, 2), tile(0, 3, 3)]);
  });

  it("are those of an image that is about to be shown, too", () =>
    expect(seenTiles([tile(1, 2, 2), tile(2, 2, 2)], { images: [0, 1], bounds })).toEqual([tile(1, 2, 2)]));
});
