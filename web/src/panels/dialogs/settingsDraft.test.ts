import { describe, expect, it } from "vitest";
import type { ProjectSettings } from "../../state/contract";
import {
  conventionText,
  parsedScales,
  presetOf,
  problemOf,
  type Recipe,
  sameRecipe,
  toggledFamily,
} from "./settingsDraft";

const family = (id: string, uses_scales: boolean) => ({
  id,
  name: id,
  group: "edges",
  summary: "",
  planes: "1",
  default_weka: false,
  default_samba: false,
  uses_scales,
});
const table = [family("identity", false), family("gaussian", true), family("sobel", true)];
const recipe: Recipe = { families: ["identity", "gaussian"], scales_px: [1, 2], sigma_convention: "sigma", window: 4 };
const settings = (changes: Partial<Recipe>): ProjectSettings => ({
  recipe: { ...recipe, ...changes },
  training: {
    points: 50_000,
    balance: "balanced",
    trees: 200,
    depth: 10,
    seed: 0,
    classifier: "forest",
    features_per_split: 2,
    min_leaf: 1,
    reach: "graded",
  },
  cleaning: [],
});

describe("toggledFamily", () => {
  it("adds in the table's order", () =>
    expect(toggledFamily({ ...recipe, families: ["sobel"] }, "identity", table).families).toEqual([
      "identity",
      "sobel",
    ]));
  it("takes away", () => expect(toggledFamily(recipe, "identity", table).families).toEqual(["gaussian"]));
});

describe("parsedScales", () => {
  it("sorts, keeps each once and reads decimal commas", () =>
    expect(parsedScales(["4", "0,3", "1", "4"])).toEqual([0.3, 1, 4]));
  it("leaves out what is no scale", () => expect(parsedScales(["x", "", "0", "-2", "65", "1e9", "64"])).toEqual([64]));
  it("stops at 16", () =>
    expect(parsedScales(Array.from({ length: 30 }, (_, index) => String(index + 1)))).toHaveLength(16));
});

describe("recipes", () => {
  it("are the same whatever the order of their families", () =>
    expect(sameRecipe(recipe, { ...recipe, families: ["gaussian", "identity"] })).toBe(true));
  it("differ by scale, convention and window", () => {
    expect(sameRecipe(recipe, { ...recipe, scales_px: [1] })).toBe(false);
    expect(sameRecipe(recipe, { ...recipe, sigma_convention: "radius" })).toBe(false);
    expect(sameRecipe(recipe, { ...recipe, window: 3.5 })).toBe(false);
  });
  it("are found among presets", () => {
    const presets = [{ id: "quick", name: "Quick", recipe }];
    expect(presetOf(recipe, presets)?.id).toBe("quick");
    expect(presetOf({ ...recipe, scales_px: [] }, presets)).toBeNull();
  });
});

describe("problemOf", () => {
  it("asks for a family", () => expect(problemOf(settings({ families: [] }), table)).toMatch(/family/));
  it("asks for a scale where nothing works without", () => {
    expect(problemOf(settings({ families: ["gaussian"], scales_px: [] }), table)).toMatch(/scale/);
    expect(problemOf(settings({ scales_px: [] }), table)).toBeNull();
  });
  it("has no objection to the default", () => expect(problemOf(settings({}), table)).toBeNull());
});

describe("conventionText", () => {
  it("names the sigma that a radius gives", () =>
    expect(conventionText({ ...recipe, sigma_convention: "radius" }, 10)).toContain("sigma 4 px"));
  it("says where blurs are cut off unless that is usual", () => {
    expect(conventionText({ ...recipe, window: 3.5 }, 10)).toContain("cut off at 3.5 sigma");
    expect(conventionText(recipe, 10)).not.toContain("cut off");
  });
});
