// What each key of the map does in the editor.

import type { HeldKeys } from "../canvas/heldKeys";
import { answerCheckKey } from "../pointCheck/checkKeys";
import { nextScale } from "../smart/suggestion";
import { bindingOf, digitOf } from "../tools/keys";
import type { Editor } from "./contract";
import type { ToolControl } from "./toolControl";

const WIDTH_FACTOR = 1.2;
const MIN_RADIUS_PX = 0.5;
const MAX_RADIUS_PX = 256;
const ZOOM_FACTOR = 1.25;

export interface KeyHost {
  editor: Editor;
  tools: ToolControl;
  held: HeldKeys;
}

/** Answers a key press; true where it was used. */
export function answerKey(event: KeyboardEvent, { editor, tools, held }: KeyHost): boolean {
  const binding = bindingOf(event);
  const { project, pointCheck } = editor.store.getState();
  if (!project) return false;
  const ofCheck = pointCheck ? answerCheckKey(event, editor) : "kept";
  if (ofCheck !== "kept") return ofCheck;
  if (!binding || binding.owner === "page") return false;
  if (held.press(event, (dx, dy) => editor.panBy(dx, dy))) {
    tools.redraw();
    return true;
  }
  switch (binding.id) {
    case "close":
      return tools.key("Enter");
    case "removeLast":
      return tools.key("Backspace");
    case "cancel":
      return tools.cancel() || editor.leavePlace();
    case "undo":
      editor.undo();
      return true;
    case "redo":
      editor.redo();
      return true;
    case "narrower":
      setRadius(editor, 1 / WIDTH_FACTOR);
      return true;
    case "wider":
      setRadius(editor, WIDTH_FACTOR);
      return true;
    case "zoomIn":
      editor.zoomBy(ZOOM_FACTOR);
      return true;
    case "zoomOut":
      editor.zoomBy(1 / ZOOM_FACTOR);
      return true;
    case "previousImage":
    case "nextImage":
      editor.stepImage(binding.id === "nextImage" ? 1 : -1);
      return true;
    default:
      // What switches something answers to the press itself, not to its repetitions.
      if (!event.repeat) answerOnce(event, editor);
      return true;
  }
}

function answerOnce(event: KeyboardEvent, editor: Editor): void {
  const state = editor.store.getState();
  const id = bindingOf(event)?.id;
  switch (id) {
    case "smart":
    case "brush":
    case "polygon":
    case "rectangle":
    case "fill":
    case "eraser":
    case "pan":
    case "crop":
      editor.set({ tool: id });
      return;
    case "chooseClass": {
      const place = Number(/^[1-9]$/.test(event.key) ? event.key : digitOf(event.code));
      const chosen = state.project?.classes[place - 1];
      if (chosen) editor.set({ activeClassId: chosen.id });
      return;
    }
    case "nextScale":
      editor.set({ smartScale: nextScale(state.smartScale, state.smart.scale) });
      return;
    case "alike":
      void editor.findAlike();
      return;
    case "whereNext":
    case "whereBefore":
      void editor.whereNext(id === "whereNext" ? 1 : -1);
      return;
    case "overwrite":
      editor.set({ overwrite: !state.overwrite });
      return;
    case "postProcess":
      if (state.postProcess || state.result) editor.set({ postProcess: !state.postProcess });
      return;
    case "actualSize":
      editor.zoomTo(1);
      return;
    case "fit":
      editor.fit();
      return;
    case "overlay":
      editor.cycleOverlay();
      return;
    case "uncertainty":
      if (state.result || state.showUncertainty) editor.set({ showUncertainty: !state.showUncertainty });
      return;
    case "train":
      void editor.train();
      return;
    case "live":
      void editor.setLive(!state.live);
      return;
  }
}

function setRadius(editor: Editor, factor: number): void {
  const { brushRadiusPx } = editor.store.getState();
  const next = Math.round(brushRadiusPx * factor * 2) / 2;
  const moved = next === brushRadiusPx ? brushRadiusPx + (factor > 1 ? 0.5 : -0.5) : next;
  editor.set({ brushRadiusPx: Math.min(Math.max(moved, MIN_RADIUS_PX), MAX_RADIUS_PX) });
}
