// What a suggested recipe means, in words, and what of the present one would go.

import type { FeatureSuggestion } from "../api/featureChoice";
import { formatShare } from "../panels/wording/numbers";

type Importance = FeatureSuggestion["importances"][number];

export interface Bar {
  id: string;
  name: string;
  /** 0 to 1, of the longest of its kind. */
  length: number;
  importance: number;
  /** The smaller recipe does without it. */
  goes: boolean;
}

/** Families or scales, the most important first. */
export function barsOf(found: FeatureSuggestion, kind: Importance["kind"]): Bar[] {
  const ofKind = found.importances.filter((each) => each.kind === kind);
  const most = Math.max(...ofKind.map((each) => each.importance), Number.MIN_VALUE);
  return ofKind
    .map(({ id, name, importance }) => ({
      id,
      name,
      importance,
      length: Math.max(0, importance) / most,
      goes: !isIn(found.after.recipe, kind, id),
    }))
    .sort((a, b) => b.importance - a.importance);
}

function isIn(recipe: FeatureSuggestion["after"]["recipe"], kind: Importance["kind"], id: string): boolean {
  return kind === "family" ? recipe.families.includes(id) : id === "0" || recipe.scales_px.includes(Number(id));
}

/** How far the figures can be trusted; null where every class has two strokes. */
export function strokesText({ strokes }: FeatureSuggestion): string | null {
  const single = strokes.filter((each) => each.strokes < 2).map((each) => each.name);
  if (single.length === 0) return null;
  return `${single.join(" and ")} ${single.length === 1 ? "is" : "are"} labelled in one place only, and judged by parts of that. Label a second place to judge better.`;
}

export const changedText = ({ changed, is_smaller }: FeatureSuggestion): string =>
  is_smaller
    ? `About ${formatShare(changed)} of the image would get another class.`
    : "Nothing can go: without any family or scale, held-out labels are told worse or the segmentation changes.";
