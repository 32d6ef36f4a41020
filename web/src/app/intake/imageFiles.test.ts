import { describe, expect, it } from "vitest";
import { compareNaturally, intakeOf, isImageName } from "./imageFiles";

const named = (...names: string[]) => names.map((name) => ({ name, content: new Blob(["x"]) }));
const namesOf = (names: string[]): string[] => intakeOf(named(...names)).files.map(({ name }) => name);

describe("the order of files", () => {
  it("counts as people do", () => {
    const names = ["slice10.tif", "slice2.tif", "Slice1.tif", "slice02b.tif"];
    expect(names.toSorted(compareNaturally)).toEqual(["Slice1.tif", "slice2.tif", "slice02b.tif", "slice10.tif"]);
  });

  it("goes folder by folder, and is the same whatever came first", () => {
    const names = ["b/1.tif", "a/10.tif", "a/2.tif", "a/2.TIF", "a/1 inner/1.tif", "z.tif"];
    const sorted = ["z.tif", "a/2.TIF", "a/2.tif", "a/10.tif", "a/1 inner/1.tif", "b/1.tif"];
    expect(names.toSorted(compareNaturally)).toEqual(sorted);
    expect(names.toReversed().toSorted(compareNaturally)).toEqual(sorted);
  });
});

describe("what is taken", () => {
  it("knows images by their ending", () => {
    for (const name of ["a.tif", "a.ome.TIFF", "b.PNG", "c.jpeg", "d.pgm"]) expect(isImageName(name)).toBe(true);
    for (const name of ["a.txt", "tif", "a.tif.bak", "noending"]) expect(isImageName(name)).toBe(false);
  });

  it("is the images of a folder, which gives the name", () => {
    const intake = intakeOf(named("series/slice 2.tif", "series/slice 1.tif", "series/notes.txt", "series/.DS_Store"));
    expect(intake.files.map(({ name }) => name)).toEqual(["series/slice 1.tif", "series/slice 2.tif"]);
    expect(intake).toMatchObject({ name: "series", leftOut: ["series/notes.txt"], zarrFolders: [] });
  });

  it("is a single file whatever its name", () => {
    expect(namesOf(["micrograph"])).toEqual(["micrograph"]);
    expect(namesOf(["micrograph", "notes.txt"])).toEqual([]);
    expect(namesOf([".hidden.tif"])).toEqual([]);
  });

  it("has no name where there is no one folder", () => {
    expect(intakeOf(named("a.tif", "b.tif")).name).toBeNull();
    expect(intakeOf(named("one/a.tif", "two/a.tif")).name).toBeNull();
  });

  it("leaves an OME-Zarr as a whole", () => {
    const intake = intakeOf(
      named("data/x.zarr/zarr.json", "data/x.zarr/0/zarr.json", "data/x.zarr/0/c/0/0", "data/a.tif"),
    );
    expect(intake.zarrFolders).toEqual(["data/x.zarr"]);
    expect(intake.files.map(({ name }) => name)).toEqual(["data/a.tif"]);
    expect(intake.leftOut).toEqual([]);
  });
});
