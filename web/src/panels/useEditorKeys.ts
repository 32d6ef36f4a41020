// Keys of the editor screen: the page's own first, then the editor's.

import { useEffect } from "react";
import { useEditor } from "../app/editorContext";
import { bindingOf } from "../tools/keys";
import { crop } from "./crop";
import { belongsToControl } from "./keyTarget";
import { useUi } from "./uiState";

export function useEditorKeys(): void {
  const editor = useEditor();
  useEffect(() => {
    const handle = (event: KeyboardEvent): boolean => {
      const pressed = bindingOf(event);
      // The command palette opens from anywhere, also out of a field.
      if (pressed?.id === "commands") return opened("commands");
      if (belongsToControl(event)) return false;
      if (pressed?.id === "help") return opened("keys");
      if (pressed?.id === "cancel" && useUi.getState().tourStep !== null) return tourEnded();
      if (pressed?.id === "close" && editor.store.getState().cropRectangle) {
        void crop(editor);
        return true;
      }
      return editor.handleKey(event);
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && handle(event)) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [editor]);
}

function opened(dialog: "commands" | "keys"): boolean {
  useUi.getState().openDialog(dialog);
  return true;
}

function tourEnded(): boolean {
  useUi.getState().endTour();
  return true;
}
