// What stands in the way of sharing, by field: what is missing, and what the server refused by the name of its field.

import type { Draft } from "../api/sharing";

export type Problems = ReadonlyMap<string, string>;

/** "creators[0].orcid: "x" is no ORCID iD." as field and sentence; null where no field is named. */
export function fieldOf(message: string): { field: string; sentence: string } | null {
  const [, field, sentence] = /^([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)?(?:\[\d+\])?): (.+)$/s.exec(message) ?? [];
  return field && sentence ? { field, sentence: sentence.charAt(0).toUpperCase() + sentence.slice(1) } : null;
}

/** What is missing is told only when somebody wants to go on; what is wrong is told at once. */
export function problemsOf(missing: Draft["problems"], refused: string | null, tellMissing: boolean): Problems {
  const problems = new Map<string, string>();
  if (tellMissing) for (const { field, message } of missing) problems.set(field, message);
  const wrong = refused === null ? null : fieldOf(refused);
  if (wrong) problems.set(wrong.field, wrong.sentence);
  return problems;
}

/** Words separated by commas or lines, each once. */
export const listOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,;\n]/)
      .map((word) => word.trim())
      .filter(Boolean),
  ),
];
