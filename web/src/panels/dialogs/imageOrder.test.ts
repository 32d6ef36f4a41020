import { describe, expect, it } from "vitest";
import type { ImageSummary } from "../../state/contract";
import { inOrder, isSameOrder, moved, orderByName, placeAt } from "./imageOrder";

const images = ["slice10.tif", "slice2.tif", "slice2.tif"].map((name, id) => ({ id, name }) as ImageSummary);

describe("the order of images", () => {
  it("is changed by moving one", () => {
    expect(moved([5, 6, 7, 8], 0, 2)).toEqual([6, 7, 5, 8]);
    expect(moved([5, 6, 7, 8], 3, 0)).toEqual([8, 5, 6, 7]);
    expect(moved([5, 6], 1, 9)).toEqual([5, 6]);
    expect(moved([5, 6], 4, 0)).toEqual([5, 6]);
  });

  it("can be that of the names", () => expect(orderByName(images)).toEqual([1, 2, 0]));

  it("holds images that it does not know at its end", () =>
    expect(inOrder(images, [2, 0]).map(({ id }) => id)).toEqual([2, 0, 1]));

  it("is compared", () => {
    expect(isSameOrder([1, 2], [1, 2])).toBe(true);
    expect(isSameOrder([1, 2], [2, 1])).toBe(false);
    expect(isSameOrder([1], [1, 2])).toBe(false);
  });
});

describe("placeAt", () => {
  it.each([
    [0, 2, 0],
    [24, 2, 0],
    [26, 2, 1],
    [110, 2, 2],
    [140, 2, 2],
    [151, 2, 2],
    [180, 2, 3],
    [900, 2, 4],
    [-50, 2, 0],
  ])("%d px, taken from row %d, is row %d", (offset, from, to) => expect(placeAt(offset, 50, 5, from)).toBe(to));
});
