// "Deleted Pores. Undo": stays until the person does the next thing.

import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { useEditor } from "../../app/editorContext";
import type { EditorState } from "../../state/contract";
import styles from "./side.module.css";

const SHOWN_MS = 10_000;

/** Differs after every step: strokes have names of their own, changes of the class list change it. */
const stepMark = ({ history, project }: EditorState): string =>
  `${history.undoName} ${JSON.stringify(project?.classes ?? [])}`;

export function DeletedClass({ name, onClose }: { name: string; onClose: () => void }) {
  const editor = useEditor();
  useEffect(() => {
    const timer = setTimeout(onClose, SHOWN_MS);
    // Undo takes back the newest step: once another step is made, this offer would undo the wrong one.
    const before = stepMark(editor.store.getState());
    const stop = editor.store.subscribe((state) => {
      if (stepMark(state) !== before) onClose();
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
