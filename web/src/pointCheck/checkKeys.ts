// Keys while points are checked: they answer, and move the view; nothing is drawn, chosen or trained by them.

import type { Editor } from "../state/contract";
import { bindingOf, checkBindingOf, digitOf, type KeyId } from "../tools/keys";

/** What goes on meaning what it means otherwise. */
const KEPT: ReadonlySet<KeyId> = new Set<KeyId>([
  "panUp",
  "panLeft",
  "panDown",
  "panRight",
  "holdPan",
  "zoomIn",
  "zoomOut",
  "actualSize",
  "fit",
  "previousImage",
  "nextImage",
]);

/** Whether a key press was used by the check; "kept" where it means what it means otherwise. */
export function answerCheckKey(event: KeyboardEvent, editor: Editor): boolean | "kept" {
  const id = checkBindingOf(event)?.id;
  if (id === undefined) {
    const other = bindingOf(event);
    return other && KEPT.has(other.id) ? "kept" : false;
  }
  // A key that is held down answers one point, not all that come.
  if (!event.repeat) answerOnce(id, event, editor);
  return true;
}

function answerOnce(id: KeyId, event: KeyboardEvent, editor: Editor): void {
  switch (id) {
    case "answerClass": {
      const place = Number(/^[1-9]$/.test(event.key) ? event.key : digitOf(event.code));
      const said = editor.store.getState().project?.classes[place - 1];
      if (said) editor.answerPoint(said.id);
      return;
    }
    case "answerUnsure":
      editor.answerPoint("unsure");
      return;
    case "pointBefore":
      editor.pointBefore();
      return;
    case "stopChecking":
      editor.stopPointCheck();
      return;
  }
}
