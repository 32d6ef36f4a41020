import { describe, expect, it } from "vitest";
import { readRecipe, recipeText } from "./recipeFile";
import type { Recipe } from "./settingsDraft";

const family = (id: string) => ({
  id,
  name: id,
  group: "edges",
  summary: "",
  planes: "1",
  default_weka: false,
  default_samba: false,
  uses_scales: true,
});
const table = [family("identity"), family("gaussian"), family("gabor")];
const recipe: Recipe = { families: ["identity", "gabor"], scales_px: [0.3, 4], sigma_convention: "sigma", window: 4 };
const problemOf = (values: unknown): string => {
  const read = readRecipe(JSON.stringify(values), table);
  return "problem" in read ? read.problem : "";
};

describe("recipe files", () => {
  it("give back what was written", () => {
    expect(readRecipe(recipeText(recipe), table)).toEqual({ recipe });
    expect(readRecipe(recipeText({ ...recipe, window: 3.5 }), table)).toEqual({ recipe: { ...recipe, window: 3.5 } });
  });
  it("are written as before where the window is the usual one", () =>
    expect(Object.keys(JSON.parse(recipeText(recipe)))).toEqual(["families", "scales_px", "sigma_convention"]));
  it("are put into the usual order", () =>
    expect(
      readRecipe('{"families": ["gabor", "identity"], "scales_px": [4, 0.3, 4], "sigma_convention": "sigma"}', table),
    ).toEqual({ recipe }));
  it.each([
    [{}, /families/],
    [3, /no recipe/],
    [{ ...recipe, families: [] }, /families/],
    [{ ...recipe, families: ["magic"] }, /"magic"/],
    [{ ...recipe, families: [7] }, /called 7/],
    [{ ...recipe, scales_px: "1" }, /scales/],
    [{ ...recipe, scales_px: [0] }, /above 0/],
    [{ ...recipe, scales_px: [65] }, /at most 64/],
    [{ ...recipe, scales_px: ["1"] }, /numbers/],
    [{ ...recipe, scales_px: Array(17).fill(1) }, /up to 16/],
    [{ ...recipe, sigma_convention: "fwhm" }, /what a scale means/],
    [{ ...recipe, window: 7 }, /2 to 6/],
  ])("say what is wrong with %j", (values, words) => expect(problemOf(values)).toMatch(words));
  it("say so where they are no JSON", () =>
    expect(readRecipe("{", table)).toEqual({ problem: "This file is no recipe: it does not hold JSON." }));
});
