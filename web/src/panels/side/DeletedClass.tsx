// "Deleted Pores. Undo": stays until the person does the next thing.

import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { useEditor } from "../../app/editorContext";
import styles from "./side.module.css";

const SHOWN_MS = 10_000;

export function DeletedClass({ name, onClose }: { name: string; onClose: () => void }) {
  const editor = useEditor();
  useEffect(() => {
    const timer = setTimeout(onClose, SHOWN_MS);
    // Undo takes back the newest step: once another step is made, this offer would undo the wrong one.
    const classes = editor.store.getState().project?.classes;
    const stop = editor.store.subscribe((now, before) => {
      if (now.labelledPixels !== before.labelledPixels && now.project?.classes === classes) onClose();
      if ((now.project?.classes.length ?? 0) > (classes?.length ?? 0)) onClose();
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
