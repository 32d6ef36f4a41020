// Recipe files: JSON as the command line and Python read and write it.

import type { Schemas } from "../../state/contract";
import { BOUNDS, type Recipe, sortedFamilies } from "./settingsDraft";

type Family = Schemas["FamilyInfo"];

/** A recipe, or a sentence that says what is wrong with the file. */
export type ReadRecipe = { recipe: Recipe } | { problem: string };

const isNumberIn = (value: unknown, above: number, max: number): value is number =>
  typeof value === "number" && value > above && value <= max;

/** The recipe in a file's text. */
export function readRecipe(text: string, table: readonly Family[]): ReadRecipe {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return { problem: "This file is no recipe: it does not hold JSON." };
  }
  if (typeof values !== "object" || values === null) return { problem: "This file is no recipe." };
  const { families, scales_px, sigma_convention, window = BOUNDS.window.usual } = values as Record<string, unknown>;
  if (!Array.isArray(families) || families.length === 0) return { problem: "This file names no families of features." };
  const unknown = families.find((id) => !table.some((family) => family.id === id));
  if (unknown !== undefined) return { problem: `There is no family of features called ${JSON.stringify(unknown)}.` };
  if (!Array.isArray(scales_px) || scales_px.length > BOUNDS.scales.max)
    return { problem: `A recipe has a list of up to ${BOUNDS.scales.max} scales.` };
  const scales = scales_px.filter((scale) => isNumberIn(scale, BOUNDS.scale.above, BOUNDS.scale.max));
  if (scales.length < scales_px.length) return { problem: `Scales are numbers above 0, at most ${BOUNDS.scale.max}.` };
  if (sigma_convention !== "sigma" && sigma_convention !== "radius")
    return { problem: "A recipe says what a scale means: “sigma” or “radius”." };
  if (typeof window !== "number" || window < BOUNDS.window.min || window > BOUNDS.window.max)
    return { problem: `Blurs are cut off at ${BOUNDS.window.min} to ${BOUNDS.window.max} sigma.` };
  const sorted = [...new Set(scales)].sort((a, b) => a - b);
  return { recipe: { families: sortedFamilies(families, table), scales_px: sorted, sigma_convention, window } };
}

/** The text of a recipe's file; the usual window goes without saying. */
export function recipeText({ families, scales_px, sigma_convention, window }: Recipe): string {
  const values = { families, scales_px, sigma_convention };
  return `${JSON.stringify(window === BOUNDS.window.usual ? values : { ...values, window }, null, 2)}\n`;
}
