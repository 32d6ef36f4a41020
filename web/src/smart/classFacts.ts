// What suggestions need to know about classes: which may not be taken, and in which colour they are shown.

import { parseColour } from "../canvas/colourMap";
import type { EditorState } from "../state/contract";
import { paintRule } from "../state/rules";

type ClassState = Pick<EditorState, "project" | "activeClassId" | "overwrite" | "postProcess">;

/** How strongly a suggestion covers what lies beneath it. */
const OPACITY = 0.42;

/** By class id: 1 where labelling with the active class would leave pixels of that class as they are. */
export function blockedClasses({ project, activeClassId, overwrite, postProcess }: ClassState): Uint8Array {
  const locked = new Set((project?.classes ?? []).filter((entry) => entry.locked).map((entry) => entry.id));
  const rule = paintRule(activeClassId, overwrite || postProcess, locked);
  return rule.map((next, classId) => (classId === 0 || next === activeClassId ? 0 : 1));
}

export function activeColour({ project, activeClassId }: ClassState): string {
  return project?.classes.find((entry) => entry.id === activeClassId)?.colour ?? "#ffffff";
}

/** The active class's colour as a word of an ImageData. */
export function colourWord(state: ClassState): number {
  const [red, green, blue] = parseColour(activeColour(state));
  return ((Math.round(OPACITY * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
