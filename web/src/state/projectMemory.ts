// What this browser remembers of each project for the next visit: the image and how it was shown, and the class in use.

import type { EditorState, Project } from "./contract";

type Shown = Pick<EditorState, "contrast" | "shownChannel" | "activeClassId">;
type Contrast = EditorState["contrast"];

interface Remembered {
  image: number;
  shownChannel: number | null;
  activeClassId: number;
  /** By image, as text; one for all slices of a stack. */
  contrasts: Record<string, Contrast>;
}

const STORAGE_KEY = "sambaseg-projects";
const MOST_PROJECTS = 50;
const MOST_CONTRASTS = 100;
const ALL_SLICES = "stack";

export function rememberProject(project: Project, state: Shown): void {
  const { contrast, shownChannel, activeClassId } = state;
  const { id } = project;
  const before = read().find(([known]) => known === id)?.[1];
  const others = Object.entries(contrastsOf(before)).filter(([name]) => name !== contrastName(project));
  const contrasts = Object.fromEntries([...others, [contrastName(project), contrast]].slice(-MOST_CONTRASTS));
  keep(id, { image: project.image.id, shownChannel, activeClassId, contrasts });
}

/** Opening the project shows this image next; all else stays as it was left. */
export function rememberImage(projectId: string, image: number): void {
  const before = read().find(([known]) => known === projectId)?.[1];
  keep(projectId, { ...before, image });
}

function keep(projectId: string, entry: Partial<Remembered>): void {
  const kept = [...read().filter(([known]) => known !== projectId), [projectId, entry]].slice(-MOST_PROJECTS);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch (failure) {
    // Storage is full or switched off: the next visit begins as the first one did.
    if (!(failure instanceof DOMException)) throw failure;
  }
}

/** The image that was shown last; null where none is remembered. */
export function recallImage(projectId: string): number | null {
  const image = read().find(([known]) => known === projectId)?.[1]?.image;
  return typeof image === "number" ? image : null;
}

/** How an image is to be shown: as it was left, where that still fits it. `before`: how the image before is shown. */
export function recallProject(project: Project, before?: Shown): Shown {
  const { id, image, classes, kind } = project;
  const stored = read().find(([known]) => known === id)?.[1];
  // All slices of a stack are shown alike, so that going through them shows what differs in them.
  const contrast = before && kind === "stack" ? before.contrast : contrastsOf(stored)[contrastName(project)];
  const fits = Array.isArray(contrast) && contrast.length === image.contrast.length && contrast.every(isWindow);
  const shownChannel = before ? before.shownChannel : stored?.shownChannel;
  const isChannel = typeof shownChannel === "number" && shownChannel >= 0 && shownChannel < image.channels;
  const activeClassId = before ? before.activeClassId : stored?.activeClassId;
  const active = classes.find((entry) => entry.id === activeClassId) ?? classes[0];
  return {
    contrast: fits ? contrast : image.contrast,
    shownChannel: isChannel ? shownChannel : null,
    activeClassId: active?.id ?? 1,
  };
}

function contrastName({ kind, image }: Project): string {
  return kind === "stack" ? ALL_SLICES : String(image.id);
}

function contrastsOf(stored: Partial<Remembered> | undefined): Record<string, Contrast> {
  const contrasts = stored?.contrasts;
  return typeof contrasts === "object" && contrasts !== null ? contrasts : {};
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
