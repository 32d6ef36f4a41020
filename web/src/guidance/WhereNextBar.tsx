// Why the marked place is worth a label, over the image, with the ways to the next one and back.

import { ActionIcon, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconX } from "@tabler/icons-react";
import { useEditor, useEditorState } from "../app/editorContext";
import { shortcutOf } from "../panels/shortcuts";
import styles from "./guidance.module.css";

export function WhereNextBar() {
  const editor = useEditor();
  const status = useEditorState((state) => state.whereNext);
  const place = status?.places[status.at ?? -1];
  if (!status || status.at === null || !place) return null;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Where next">
      <Tooltip label={`Place before · ${shortcutOf("whereBefore")}`}>
        <ActionIcon size={22} aria-label="Place before" onClick={() => void editor.whereNext(-1)}>
          <IconChevronLeft size={15} />
        </ActionIcon>
      </Tooltip>
      <span className={styles.count}>
        {status.at + 1} / {status.places.length}
      </span>
      <span className={styles.reason} role="status">
        {place.reason}
      </span>
      <Tooltip label={`Next place · ${shortcutOf("whereNext")}`}>
        <ActionIcon size={22} aria-label="Next place" onClick={() => void editor.whereNext(1)}>
          <IconChevronRight size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`Take the mark away · ${shortcutOf("cancel")}`}>
        <ActionIcon size={22} aria-label="Take the mark away" onClick={() => editor.leavePlace()}>
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
