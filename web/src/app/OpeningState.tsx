// Progress of what is being opened, why it failed, and what came of it.

import { Button, Progress } from "@mantine/core";
import { useEffect } from "react";
import { NoticeCard } from "../panels/NoticeList";
import { formatBytes, formatSpeed } from "../panels/wording/bytes";
import { formatCount, formatTimeLeft } from "../panels/wording/numbers";
import type { Transfer } from "./intake/uploadQueue";
import { type OpeningStore, useOpening } from "./opening";
import styles from "./opening.module.css";
import { goTo } from "./route";

/** What only informs goes by itself; what went wrong or can be done stays. */
const NOTE_MS = 10_000;

export function OpeningState() {
  const { busy, failure, note, ready, dismiss } = useOpening();
  const isOnlyNote = note !== null && !failure && !ready && !busy;
  useEffect(() => {
    if (!isOnlyNote) return;
    const timer = setTimeout(dismiss, NOTE_MS);
    return () => clearTimeout(timer);
  }, [isOnlyNote, dismiss]);
  if (busy) return <OpeningProgress {...busy} />;
  if (!failure && !note && !ready) return null;
  return (
    <div className={styles.outcome}>
      {failure && (
        <div role="alert">
          <NoticeCard
            notice={{ kind: "error", message: sentenceOf(failure), hint: failure.hint }}
            onDismiss={dismiss}
          />
        </div>
      )}
      {note && (
        <div role="status">
          <NoticeCard notice={{ kind: "info", message: note, hint: "" }} onDismiss={dismiss} />
        </div>
      )}
      {ready && <Ready {...ready} />}
    </div>
  );
}

const sentenceOf = ({ name, message }: NonNullable<OpeningStore["failure"]>): string =>
  name === "" || message.includes(name) ? message : `${name}: ${message}`;

function Ready({ name, projectId }: NonNullable<OpeningStore["ready"]>) {
  const dismiss = useOpening((opening) => opening.dismiss);
  const open = (): void => {
    dismiss();
    goTo({ screen: "project", projectId });
  };
  return (
    <div className={styles.ready} role="status">
      <span>{name} is ready.</span>
      <Button size="compact-sm" variant="filled" onClick={open}>
        Open
      </Button>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={dismiss}>
        Later
      </Button>
    </div>
  );
}

function OpeningProgress({ name, destination, transfer, cancellable }: NonNullable<OpeningStore["busy"]>) {
  const cancel = useOpening((opening) => opening.cancel);
  const verb = transfer ? "Sending" : destination === "project" ? "Adding" : "Opening";
  return (
    <div className={styles.progress}>
      <div className={styles.progressText}>
        <span role="status" className={styles.progressTitle} title={name}>
          {verb} {name}…
        </span>
        {cancellable && (
          <Button size="compact-xs" onClick={cancel}>
            Cancel
          </Button>
        )}
      </div>
      <Progress
        size={4}
        value={transfer ? (100 * transfer.bytesSent) / Math.max(1, transfer.bytes) : 100}
        striped={!transfer}
        animated={!transfer}
        {...(transfer?.waiting && { color: "gray" })}
        aria-label={`Opening ${name}`}
      />
      {transfer && <TransferText {...transfer} />}
    </div>
  );
}

function TransferText({ waiting, ...transfer }: Transfer) {
  if (waiting) {
    return (
      <p className={styles.waiting} role="status">
        {waiting.message} It goes on by itself from where it stopped.
      </p>
    );
  }
  return (
    <p className={styles.figures}>
      <span>{amountsOf(transfer)}</span>
      {transfer.secondsLeft !== null && <span>{formatTimeLeft(transfer.secondsLeft)}</span>}
    </p>
  );
}

function amountsOf({ files, filesDone, bytes, bytesSent, bytesPerSecond }: Omit<Transfer, "waiting">): string {
  return [
    files > 1 && `${formatCount(filesDone)} of ${formatCount(files)} files`,
    `${formatBytes(bytesSent)} of ${formatBytes(bytes)}`,
    bytesPerSecond !== null && formatSpeed(bytesPerSecond),
  ]
    .filter(Boolean)
    .join(" · ");
}
