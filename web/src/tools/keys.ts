// The keyboard map: one table, from which the editor, the help and the tests derive.

import type { ToolId } from "../state/contract";

export type KeyId =
  | ToolId
  | "chooseClass"
  | "nextScale"
  | "alike"
  | "whereNext"
  | "whereBefore"
  | "narrower"
  | "wider"
  | "overwrite"
  | "undo"
  | "redo"
  | "close"
  | "removeLast"
  | "cancel"
  | "panUp"
  | "panLeft"
  | "panDown"
  | "panRight"
  | "holdPan"
  | "zoomIn"
  | "zoomOut"
  | "actualSize"
  | "fit"
  | "overlay"
  | "uncertainty"
  | "previousImage"
  | "nextImage"
  | "train"
  | "live"
  | "postProcess"
  | "answerClass"
  | "answerUnsure"
  | "pointBefore"
  | "stopChecking"
  | "help"
  | "commands";

export type KeyGroup = "Tools" | "Labelling" | "View" | "Result" | "Checking by points" | "Page";

export interface KeyBinding {
  id: KeyId;
  /** As `event.key` names them, letters in upper case, after "Mod+" (Ctrl, or Cmd on a Mac) and "Shift+". */
  keys: readonly string[];
  /** What it does, in plain words. */
  words: string;
  group: KeyGroup;
  /** Who answers it. */
  owner: "editor" | "page";
}

export const KEYS: readonly KeyBinding[] = [
  {
    id: "smart",
    keys: ["Q"],
    words: "Smart labelling; Shift+click adds a point, Alt+click one that is not meant",
    group: "Tools",
    owner: "editor",
  },
  { id: "brush", keys: ["B"], words: "Brush; hold Shift for a straight line", group: "Tools", owner: "editor" },
  { id: "polygon", keys: ["P"], words: "Polygon", group: "Tools", owner: "editor" },
  { id: "rectangle", keys: ["R"], words: "Rectangle", group: "Tools", owner: "editor" },
  { id: "fill", keys: ["G"], words: "Fill what looks alike", group: "Tools", owner: "editor" },
  { id: "eraser", keys: ["E"], words: "Eraser", group: "Tools", owner: "editor" },
  { id: "pan", keys: ["H"], words: "Move the image", group: "Tools", owner: "editor" },
  { id: "crop", keys: ["C"], words: "Crop", group: "Tools", owner: "editor" },
  {
    id: "chooseClass",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    words: "Choose a class by its place in the list",
    group: "Labelling",
    owner: "editor",
  },
  { id: "nextScale", keys: ["M"], words: "Next scale of the suggestion", group: "Labelling", owner: "editor" },
  {
    id: "alike",
    keys: ["L"],
    words: "Label all that is like the class's labels",
    group: "Labelling",
    owner: "editor",
  },
  {
    id: "whereNext",
    keys: ["N"],
    words: "Where next: go to a place where a label would help most",
    group: "Labelling",
    owner: "editor",
  },
  { id: "whereBefore", keys: ["Shift+N"], words: "Back to the place before", group: "Labelling", owner: "editor" },
  { id: "narrower", keys: ["[", ","], words: "Narrower brush", group: "Labelling", owner: "editor" },
  { id: "wider", keys: ["]", "."], words: "Wider brush", group: "Labelling", owner: "editor" },
  { id: "overwrite", keys: ["O"], words: "Overwrite labels, or not", group: "Labelling", owner: "editor" },
  { id: "undo", keys: ["Mod+Z"], words: "Undo", group: "Labelling", owner: "editor" },
  { id: "redo", keys: ["Mod+Shift+Z", "Mod+Y"], words: "Redo", group: "Labelling", owner: "editor" },
  {
    id: "close",
    keys: ["Enter"],
    words: "Label the suggestion; close the polygon; crop",
    group: "Labelling",
    owner: "editor",
  },
  {
    id: "removeLast",
    keys: ["Backspace"],
    words: "Remove the last point or corner",
    group: "Labelling",
    owner: "editor",
  },
  { id: "cancel", keys: ["Escape"], words: "Give up what is being drawn", group: "Labelling", owner: "editor" },
  { id: "panUp", keys: ["W", "ArrowUp"], words: "Move up", group: "View", owner: "editor" },
  { id: "panLeft", keys: ["A", "ArrowLeft"], words: "Move left", group: "View", owner: "editor" },
  { id: "panDown", keys: ["S", "ArrowDown"], words: "Move down", group: "View", owner: "editor" },
  { id: "panRight", keys: ["D", "ArrowRight"], words: "Move right", group: "View", owner: "editor" },
  { id: "holdPan", keys: ["Space"], words: "Hold and drag to move the image", group: "View", owner: "editor" },
  { id: "zoomIn", keys: ["+", "="], words: "Zoom in", group: "View", owner: "editor" },
  { id: "zoomOut", keys: ["-"], words: "Zoom out", group: "View", owner: "editor" },
  { id: "actualSize", keys: ["0"], words: "One screen pixel for each pixel", group: "View", owner: "editor" },
  { id: "fit", keys: ["F"], words: "Whole image", group: "View", owner: "editor" },
  {
    id: "overlay",
    keys: ["V"],
    words: "Go round: segmentation and labels, segmentation, labels, none",
    group: "View",
    owner: "editor",
  },
  { id: "uncertainty", keys: ["U"], words: "Show where the classifier is unsure", group: "View", owner: "editor" },
  { id: "previousImage", keys: ["PageUp"], words: "Previous image", group: "View", owner: "editor" },
  { id: "nextImage", keys: ["PageDown"], words: "Next image", group: "View", owner: "editor" },
  { id: "train", keys: ["T"], words: "Train", group: "Result", owner: "editor" },
  { id: "live", keys: ["I"], words: "Live: segment anew after every change", group: "Result", owner: "editor" },
  {
    id: "postProcess",
    keys: ["X"],
    words: "Edit the segmentation itself, or the labels",
    group: "Result",
    owner: "editor",
  },
  {
    id: "answerClass",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    words: "Say which class lies under the cross",
    group: "Checking by points",
    owner: "editor",
  },
  {
    id: "answerUnsure",
    keys: ["U"],
    words: "Say that it cannot be told",
    group: "Checking by points",
    owner: "editor",
  },
  {
    id: "pointBefore",
    keys: ["Backspace"],
    words: "Back to the point before",
    group: "Checking by points",
    owner: "editor",
  },
  {
    id: "stopChecking",
    keys: ["Escape"],
    words: "Stop; the answers are kept",
    group: "Checking by points",
    owner: "editor",
  },
  { id: "help", keys: ["?"], words: "Keys", group: "Page", owner: "page" },
  { id: "commands", keys: ["Mod+K"], words: "All commands", group: "Page", owner: "page" },
];

/** What of a keyboard event a binding looks at. */
export type KeyPress = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

type KeyMap = ReadonlyMap<string, KeyBinding>;

const mapOf = (bindings: readonly KeyBinding[]): KeyMap =>
  new Map(bindings.flatMap((binding) => binding.keys.map((key) => [key, binding] as const)));
/** While points are checked, some keys mean something else. */
const isOfCheck = ({ group }: KeyBinding): boolean => group === "Checking by points";
const BY_KEY = mapOf(KEYS.filter((binding) => !isOfCheck(binding)));
const OF_CHECK_BY_KEY = mapOf(KEYS.filter(isOfCheck));

/** The binding of a key press; null where there is none. */
export const bindingOf = (press: KeyPress): KeyBinding | null => lookUp(BY_KEY, press);

/** What it means to the check by points; null where that has no meaning of its own for it. */
export const checkBindingOf = (press: KeyPress): KeyBinding | null => lookUp(OF_CHECK_BY_KEY, press);

function lookUp(map: KeyMap, press: KeyPress): KeyBinding | null {
  const mod = press.ctrlKey || press.metaKey;
  if (press.altKey) return null;
  const key = press.key === " " ? "Space" : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  if (mod) return map.get(press.shiftKey ? `Mod+Shift+${key}` : `Mod+${key}`) ?? null;
  // On keyboards whose digits need Shift, the key's place counts.
  const shifted = press.shiftKey ? map.get(`Shift+${key}`) : undefined;
  return shifted ?? map.get(key) ?? map.get(digitOf(press.code)) ?? null;
}

/** "3" for the key in that place; "" for others. */
export function digitOf(code: string): string {
  return /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1] ?? "";
}

export function binding(id: KeyId): KeyBinding {
  const found = KEYS.find((entry) => entry.id === id);
  if (!found) throw new Error(`The keyboard map has no ${id}.`);
  return found;
}
