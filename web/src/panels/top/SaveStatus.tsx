// Where the work is: on disk, on its way, or kept in this browser.

import { Tooltip } from "@mantine/core";
import { IconCheck, IconCloudOff, IconLoader2 } from "@tabler/icons-react";
import { useEditorState } from "../../app/editorContext";
import type { SaveState } from "../../state/contract";
import { NoticeList } from "../NoticeList";
import styles from "./topBar.module.css";

const TEXT: Record<SaveState, string> = { saved: "Saved", saving: "Saving", browser: "Kept in this browser" };
const EXPLANATION: Record<SaveState, string> = {
  saved: "Every step is on disk. You may close the page.",
  saving: "The last step is on its way to the disk.",
  browser: "The server does not answer. Your steps are kept in this browser and sent as soon as it is back.",
};
const ICON = { saved: IconCheck, saving: IconLoader2, browser: IconCloudOff };

export function SaveStatus() {
  const state = useEditorState((editor) => editor.saveState);
  const waiting = useEditorState((editor) => editor.unsavedOperations);
  const Icon = ICON[state];
  const count = state === "browser" && waiting > 0 ? ` · ${waiting} ${waiting === 1 ? "step" : "steps"}` : "";
  return (
    <div className={styles.anchor}>
      <Tooltip label={EXPLANATION[state]} multiline maw={260}>
        <div className={styles.status} data-state={state} role="status">
          <Icon size={14} aria-hidden />
          {TEXT[state]}
          {count}
        </div>
      </Tooltip>
      <div className={styles.notices}>
        <NoticeList places={["connection"]} />
      </div>
    </div>
  );
}
