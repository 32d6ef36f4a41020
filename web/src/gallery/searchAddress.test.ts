import { describe, expect, it } from "vitest";
import {
  EVERYTHING,
  filterCount,
  filtersOf,
  type GallerySearch,
  readSearch,
  toggled,
  writeSearch,
} from "./searchAddress";

const FULL: GallerySearch = {
  q: "γ' & <b>",
  licence: ["CC0-1.0"],
  material: ["Steel", "Ni, Al"],
  instrument: ["SEM"],
  class_name: ["Pores"],
  min_pixel_nm: 0.5,
  max_pixel_nm: 200,
  min_quality: 7,
  with_labels: true,
  sort: "title",
  segmentations: true,
};

describe("the address of a search", () => {
  it("is empty where everything is shown", () => expect(writeSearch(EVERYTHING)).toBe(""));
  it.each([EVERYTHING, FULL])("reads what it writes", (search) =>
    expect(readSearch(writeSearch(search))).toEqual(search),
  );
  it("leaves out what cannot be read", () =>
    expect(readSearch("sort=wrong&min_quality=11&min_pixel_nm=-1&max_pixel_nm=x&licence=&nothing=1")).toEqual(
      EVERYTHING,
    ));
});

it("counts filters", () => {
  expect(filterCount(EVERYTHING)).toBe(0);
  expect(filterCount(FULL)).toBe(9);
});

it("asks the server for nothing that only the page knows", () =>
  expect(Object.keys(filtersOf(FULL))).not.toContain("segmentations"));

it("toggles a value", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});
