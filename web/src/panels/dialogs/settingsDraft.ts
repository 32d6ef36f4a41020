// Settings while they are being changed: recipe and training, what is wrong with them, and what they are called.

import type { ProjectSettings, Schemas } from "../../state/contract";

export type Recipe = Schemas["RecipeBody"];
type Preset = Schemas["PresetInfo"];
type Family = Schemas["FamilyInfo"];

/** Bounds that the server states for each value. */
export const BOUNDS = {
  points: { min: 100, max: 10_000_000 },
  trees: { min: 1, max: 1000 },
  depth: { min: 1, max: 32 },
  features_per_split: { min: 1, max: 2 ** 22 - 1 },
  min_leaf: { min: 1, max: 2 ** 31 - 1 },
  seed: { min: 0, max: 2 ** 31 - 1 },
  scale: { above: 0, max: 64 },
  scales: { max: 16 },
  window: { min: 2, max: 6, usual: 4 },
} as const;

type ClassifierKind = Schemas["TrainingBody"]["classifier"];

/** What can learn, with what tells it from the others. */
export const CLASSIFIERS: readonly { id: ClassifierKind; name: string; summary: string }[] = [
  {
    id: "forest",
    name: "Random forest",
    summary: "Each tree sees a part of the labelled pixels and asks the best of a few questions.",
  },
  {
    id: "extra_trees",
    name: "Extra trees",
    summary: "Each tree sees all labelled pixels and draws its questions at random. There is no score.",
  },
  {
    id: "boosting",
    name: "Gradient boosting",
    summary: "Each tree mends what the trees before it get wrong. Needs the package lightgbm. There is no score.",
  },
];

export const classifierOf = (id: ClassifierKind) =>
  CLASSIFIERS.find((classifier) => classifier.id === id) ?? (CLASSIFIERS[0] as (typeof CLASSIFIERS)[number]);

type Balance = Schemas["TrainingBody"]["balance"];

/** How much each class counts, with what that means. */
export const BALANCES: readonly { id: Balance; name: string; summary: string }[] = [
  {
    id: "fractions",
    name: "By share of the image",
    summary: "A class that the image seems to hold little of is believed in a little less. Best for most images.",
  },
  {
    id: "balanced",
    name: "All the same",
    summary:
      "Every class counts the same, however many pixels it has. Finds more of rare classes, also where they are not.",
  },
  { id: "none", name: "By labels", summary: "A class counts as much as it has labelled pixels." },
];

export const balanceOf = (id: Balance) =>
  BALANCES.find((balance) => balance.id === id) ?? (BALANCES[0] as (typeof BALANCES)[number]);

/** Turns a family on or off; the order is always that of the table. */
export function toggledFamily(recipe: Recipe, id: string, table: readonly Family[]): Recipe {
  const on = new Set(recipe.families);
  if (!on.delete(id)) on.add(id);
  return { ...recipe, families: sortedFamilies([...on], table) };
}

/** Families in the order of the table, each once. */
export const sortedFamilies = (ids: readonly string[], table: readonly Family[]): string[] =>
  table.map((family) => family.id).filter((id) => ids.includes(id));

/** Scales from typed texts: numbers within the bounds, ascending, each once; the rest is left out. */
export function parsedScales(texts: readonly string[]): number[] {
  const numbers = texts
    .map((text) => Number(text.trim().replace(",", ".")))
    .filter((scale) => Number.isFinite(scale) && scale > BOUNDS.scale.above && scale <= BOUNDS.scale.max);
  return [...new Set(numbers)].sort((a, b) => a - b).slice(0, BOUNDS.scales.max);
}

const sameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/** Whether two recipes ask for the same features; scales and convention count also where no family uses them. */
export function sameRecipe(a: Recipe, b: Recipe): boolean {
  return (
    sameList([...a.families].sort(), [...b.families].sort()) &&
    sameList(a.scales_px, b.scales_px) &&
    a.sigma_convention === b.sigma_convention &&
    a.window === b.window
  );
}

export const presetOf = (recipe: Recipe, presets: readonly Preset[]): Preset | null =>
  presets.find((preset) => sameRecipe(preset.recipe, recipe)) ?? null;

/** What keeps the settings from being used, as a sentence; null where nothing does. */
export function problemOf({ recipe }: ProjectSettings, table: readonly Family[]): string | null {
  if (recipe.families.length === 0) return "Choose at least one family of features.";
  const usesScales = table.some((family) => family.uses_scales && recipe.families.includes(family.id));
  const onlyScaled = table.every((family) => family.uses_scales || !recipe.families.includes(family.id));
  if (usesScales && onlyScaled && recipe.scales_px.length === 0) return "Add at least one scale.";
  return null;
}

/** The size of a recipe's blurs in plain words, for a scale that is in it. */
export function conventionText({ sigma_convention, window }: Recipe, scale: number): string {
  const cutOff = window === BOUNDS.window.usual ? "" : ` Blurs are cut off at ${window} sigma.`;
  switch (sigma_convention) {
    case "sigma":
      return `A scale is the sigma of the Gaussian blur: scale ${scale} blurs with sigma ${scale} px.${cutOff}`;
    case "radius":
      return (
        `A scale is a radius, as in Trainable Weka Segmentation and SAMBA, which blur with 0.4 × radius: ` +
        `scale ${scale} blurs with sigma ${Number((0.4 * scale).toPrecision(3))} px.${cutOff}`
      );
  }
}
