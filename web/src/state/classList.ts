// The next class that a person adds: the smallest free id, and the first colour that no class has yet.

import type { ClassInfo } from "./contract";

const COLOURS = [
  "#1f77b4",
  "#ff7f0e",
  "#2ca02c",
  "#d62728",
  "#9467bd",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
  "#17becf",
] as const;

const MAX_CLASS_ID = 255;

/** Null where all ids are taken. */
export function nextClass(classes: readonly ClassInfo[]): ClassInfo | null {
  const taken = new Set(classes.map((entry) => entry.id));
  const id = Array.from({ length: MAX_CLASS_ID }, (_, index) => index + 1).find((candidate) => !taken.has(candidate));
  if (id === undefined) return null;
  const used = new Set(classes.map((entry) => entry.colour));
  const colour = COLOURS.find((candidate) => !used.has(candidate)) ?? (COLOURS[id % COLOURS.length] as string);
  const names = new Set(classes.map((entry) => entry.name));
  const name = names.has(`Class ${id}`) ? `Class ${id} (new)` : `Class ${id}`;
  return { id, name, colour, locked: false };
}
