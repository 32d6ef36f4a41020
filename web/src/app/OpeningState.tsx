// Progress of an upload, or why it failed.

import { Progress } from "@mantine/core";
import { NoticeCard } from "../panels/NoticeList";
import { formatShare } from "../panels/wording/numbers";
import { useOpening } from "./opening";
import styles from "./opening.module.css";

export function OpeningState() {
  const { busy, failure, dismiss } = useOpening();
  if (busy) {
    const sending = busy.sent !== null && busy.sent < 1;
    const percent = Math.round((busy.sent ?? 1) * 100);
    return (
      <div className={styles.progress} role="status">
        <div>{sending ? `Sending ${busy.name}: ${formatShare(busy.sent ?? 0, 0)}` : `Reading ${busy.name}…`}</div>
        <Progress size={4} value={percent} animated={!sending} striped={!sending} aria-label="Upload" />
      </div>
    );
  }
  if (!failure) return null;
  const message = failure.message.includes(failure.name) ? failure.message : `${failure.name}: ${failure.message}`;
  return (
    <div role="alert" className={styles.failure}>
      <NoticeCard notice={{ kind: "error", message, hint: failure.hint }} onDismiss={dismiss} />
    </div>
  );
}
