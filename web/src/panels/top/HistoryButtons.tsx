// Undo and redo; the tooltips name the step.

import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { useEditor, useEditorParts } from "../../app/editorContext";
import { shortcutOf } from "../shortcuts";

export function HistoryButtons() {
  const editor = useEditor();
  const { canUndo, canRedo, undoName, redoName } = useEditorParts((state) => state.history);
  return (
    <>
      <Tooltip label={tooltip("Undo", canUndo, undoName, shortcutOf("undo"))}>
        <ActionIcon aria-label="Undo" data-disabled={!canUndo} aria-disabled={!canUndo} onClick={editor.undo}>
          <IconArrowBackUp size={18} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={tooltip("Redo", canRedo, redoName, shortcutOf("redo"))}>
        <ActionIcon aria-label="Redo" data-disabled={!canRedo} aria-disabled={!canRedo} onClick={editor.redo}>
          <IconArrowForwardUp size={18} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}

function tooltip(verb: string, possible: boolean, step: string | null, keys: string): string {
  if (!possible) return `Nothing to ${verb.toLowerCase()}`;
  return step ? `${verb}: ${step} · ${keys}` : `${verb} · ${keys}`;
}
