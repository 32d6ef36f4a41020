// The editor's state before anything is open, and the preferences that this browser remembers.

import type { EditorPreferences, EditorState } from "./contract";

/** What belongs to the open project; closing it puts these back. */
export function emptyProjectState() {
  return {
    project: null,
    loading: false,
    image: 0,
    images: [],
    switching: false,
    live: false,
    activeClassId: 1,
    postProcess: false,
    contrast: [],
    shownChannel: null,
    hover: null,
    history: { canUndo: false, canRedo: false, undoName: null, redoName: null },
    labelledPixels: {},
    job: null,
    result: null,
    cropRectangle: null,
    alike: null,
    whereNext: null,
    pointCheck: null,
    cleaningPreview: null,
    smart: {
      preparing: [],
      progress: null,
      ready: false,
      learned: false,
      model: null,
      scale: null,
      points: 0,
      hasBox: false,
    },
  } satisfies Partial<EditorState>;
}

export function initialState(): EditorState {
  return {
    ...emptyProjectState(),
    tool: "smart",
    brushRadiusPx: 8,
    fillTolerance: 12,
    overwrite: false,
    eraseAllClasses: false,
    smartScale: "best",
    smartModel: "builtin",
    overlayView: "both",
    showUncertainty: false,
    opacity: { labels: 0.75, segmentation: 0.45, uncertainty: 0.7 },
    zoom: 1,
    saveState: "saved",
    unsavedOperations: 0,
    notices: [],
    ...rememberedPreferences(),
  };
}

const STORAGE_KEY = "sambaseg-preferences";
const REMEMBERED = ["brushRadiusPx", "fillTolerance", "opacity", "smartScale", "smartModel"] as const;

/** Keeps what a person sets once; what belongs to a moment or a project is not kept. */
export function rememberPreferences(state: EditorPreferences): void {
  const kept = Object.fromEntries(REMEMBERED.map((name) => [name, state[name]]));
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch (failure) {
    // Storage is full or switched off: the preference lasts as long as the page.
    if (!(failure instanceof DOMException)) throw failure;
  }
}

function rememberedPreferences(): Partial<EditorPreferences> {
  const stored: unknown = parse(globalThis.localStorage?.getItem(STORAGE_KEY) ?? "{}");
  if (typeof stored !== "object" || stored === null) return {};
  const { brushRadiusPx, fillTolerance, opacity, smartScale, smartModel } = stored as Partial<EditorPreferences>;
  return {
    ...(typeof brushRadiusPx === "number" && { brushRadiusPx }),
    ...(typeof fillTolerance === "number" && { fillTolerance }),
    ...(isOpacity(opacity) && { opacity }),
    ...((smartScale === 0 || smartScale === 1 || smartScale === 2 || smartScale === "best") && { smartScale }),
    ...(typeof smartModel === "string" && { smartModel }),
  };
}

function isOpacity(value: unknown): value is EditorState["opacity"] {
  if (typeof value !== "object" || value === null) return false;
  return ["labels", "segmentation", "uncertainty"].every(
    (layer) => typeof (value as Record<string, unknown>)[layer] === "number",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
