// "Deleted Pores. Undo": stays until the person does the next thing.

import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { useEditor } from "../../app/editorContext";
import type { EditorState } from "../../state/contract";
import styles from "./side.module.css";

const SHOWN_MS = 10_000;

/** What steps change, by value: an answer of the server brings equal lists as new objects, and names of steps later. */
const contentOf = ({ project, labelledPixels }: EditorState): string =>
  JSON.stringify([project?.classes, labelledPixels]);

export function DeletedClass({ name, onClose }: { name: string; onClose: () => void }) {
  const editor = useEditor();
  useEffect(() => {
    const timer = setTimeout(onClose, SHOWN_MS);
    // Undo takes back the newest step: once another step is made, this offer would undo the wrong one.
    const content = contentOf(editor.store.getState());
    const stop = editor.store.subscribe((now, before) => {
      const mayDiffer =
        now.labelledPixels !== before.labelledPixels || now.project?.classes !== before.project?.classes;
      if (mayDiffer && contentOf(now) !== content) onClose();
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [editor, onClose]);
  return (
    <div className={styles.deleted} role="status">
      <span className={styles.deletedText}>Deleted {name}</span>
      <Button
        size="compact-xs"
        onClick={() => {
          editor.undo();
          onClose();
        }}
      >
        Undo
      </Button>
      <ActionIcon size={22} aria-label="Dismiss" onClick={onClose}>
        <IconX size={14} />
      </ActionIcon>
    </div>
  );
}
