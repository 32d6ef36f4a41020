// Sentences for the person, shown beside the control that caused them.

import { ActionIcon } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle, IconX } from "@tabler/icons-react";
import { useEditor, useEditorParts } from "../app/editorContext";
import type { Notice } from "../state/contract";
import styles from "./noticeList.module.css";

export interface NoticeText {
  kind: Notice["kind"];
  message: string;
  hint: string;
}

export function NoticeCard({ notice, onDismiss }: { notice: NoticeText; onDismiss: () => void }) {
  const Icon = notice.kind === "error" ? IconAlertTriangle : IconInfoCircle;
  return (
    <div className={styles.card} data-kind={notice.kind}>
      <Icon size={16} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <div>{notice.message}</div>
        {notice.hint && <div className={styles.hint}>{notice.hint}</div>}
      </div>
      <ActionIcon size={22} aria-label="Dismiss" onClick={onDismiss}>
        <IconX size={14} />
      </ActionIcon>
    </div>
  );
}

/** The region stays in the page while it is empty, so that screen readers announce what comes into it. */
export function NoticeList({ places }: { places: readonly Notice["place"][] }) {
  const editor = useEditor();
  const notices = useEditorParts((state) => state.notices.filter((notice) => places.includes(notice.place)));
  return (
    <div className={styles.list} aria-live="polite" role="log" aria-label="Messages">
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} onDismiss={() => editor.dismissNotice(notice.id)} />
      ))}
    </div>
  );
}
