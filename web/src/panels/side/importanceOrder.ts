// Feature importances, summed by family and sorted.

import type { Schemas } from "../../state/contract";

type FeatureImportance = Schemas["FeatureImportance"];

const descending = (a: { importance: number }, b: { importance: number }): number => b.importance - a.importance;

export function byFamily(importance: readonly FeatureImportance[]): { family: string; importance: number }[] {
  const sums = new Map<string, number>();
  for (const { family, importance: share } of importance) sums.set(family, (sums.get(family) ?? 0) + share);
  return Array.from(sums, ([family, share]) => ({ family, importance: share })).sort(descending);
}

export const strongest = (importance: readonly FeatureImportance[], count: number): FeatureImportance[] =>
  importance.toSorted(descending).slice(0, count);
