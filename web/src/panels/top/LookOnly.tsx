// In place of the saved state, where a project is somebody else's who lets one look.

import { Tooltip } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { NoticeList } from "../NoticeList";
import styles from "./topBar.module.css";

const EXPLANATION =
  "This project is somebody else's. You see what they do while they do it, and may save files. To change something, ask its owner, or crop a copy of your own.";

export function LookOnly() {
  return (
    <div className={styles.anchor}>
      <Tooltip label={EXPLANATION} multiline maw={280}>
        <div className={styles.lookOnly} role="status">
          <IconEye size={14} aria-hidden />
          You may look, not change
        </div>
      </Tooltip>
      <div className={styles.notices}>
        <NoticeList places={["connection"]} />
      </div>
    </div>
  );
}
