// Progress of an upload, or why it failed.

import { Button, Progress } from "@mantine/core";
import { NoticeCard } from "../panels/NoticeList";
import { formatTimeLeft } from "../panels/wording/numbers";
import { type OpeningStore, useOpening } from "./opening";
import styles from "./opening.module.css";

export function OpeningState() {
  const { busy, failure, dismiss } = useOpening();
  if (busy) return <OpeningProgress {...busy} />;
  if (!failure) return null;
  const message = failure.message.includes(failure.name) ? failure.message : `${failure.name}: ${failure.message}`;
  return (
    <div role="alert" className={styles.failure}>
      <NoticeCard notice={{ kind: "error", message, hint: failure.hint }} onDismiss={dismiss} />
    </div>
  );
}

function OpeningProgress({ name, upload }: NonNullable<OpeningStore["busy"]>) {
  const cancel = useOpening((opening) => opening.cancel);
  const sending = upload !== null && upload.sent < 1;
  const left = sending && upload.secondsLeft !== null ? ` ${formatTimeLeft(upload.secondsLeft)}` : "";
  return (
    <div className={styles.progress}>
      <div className={styles.progressText}>
        <span role="status">{sending ? `Sending ${name}…${left}` : `Reading ${name}…`}</span>
        {upload && (
          <Button size="compact-xs" onClick={cancel}>
            Cancel
          </Button>
        )}
      </div>
      <Progress
        size={4}
        value={sending ? upload.sent * 100 : 100}
        striped={!sending}
        animated={!sending}
        aria-label={`Opening ${name}`}
      />
    </div>
  );
}
