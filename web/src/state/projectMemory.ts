// What this browser remembers of each project for the next visit: how it was shown, and the class in use.

import type { EditorState, Project } from "./contract";

type Remembered = Pick<EditorState, "contrast" | "shownChannel" | "activeClassId">;

const STORAGE_KEY = "sambaseg-projects";
const MOST_PROJECTS = 50;

export function rememberProject(projectId: string, state: Remembered): void {
  const { contrast, shownChannel, activeClassId } = state;
  const others = read().filter(([id]) => id !== projectId);
  const kept = [...others, [projectId, { contrast, shownChannel, activeClassId }]].slice(-MOST_PROJECTS);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch (failure) {
    // Storage is full or switched off: the next visit begins as the first one did.
    if (!(failure instanceof DOMException)) throw failure;
  }
}

/** How a project is to be shown: as it was left, where that still fits it. */
export function recallProject({ id, image, classes }: Project): Remembered {
  const stored = read().find(([projectId]) => projectId === id)?.[1];
  const contrast = stored?.contrast;
  const fits = Array.isArray(contrast) && contrast.length === image.contrast.length && contrast.every(isWindow);
  const shownChannel = stored?.shownChannel;
  const isChannel = typeof shownChannel === "number" && shownChannel >= 0 && shownChannel < image.channels;
  const active = classes.find((entry) => entry.id === stored?.activeClassId) ?? classes[0];
  return {
    contrast: fits ? contrast : image.contrast,
    shownChannel: isChannel ? shownChannel : null,
    activeClassId: active?.id ?? 1,
  };
}

function isWindow(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { low, high } = value as Record<string, unknown>;
  return typeof low === "number" && typeof high === "number";
}

function read(): [string, Partial<Remembered>][] {
  try {
    const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(STORAGE_KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((entry) => Array.isArray(entry) && entry.length === 2) : [];
  } catch {
    return [];
  }
}
