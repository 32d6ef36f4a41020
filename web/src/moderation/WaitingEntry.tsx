// One version that waits: what would be public, and the decision, with a reason where one is needed.

import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { entryThumbnailUrl } from "../api/gallery";
import { type Decision, decide, type QueueItem } from "../api/moderation";
import { addressOf } from "../app/route";
import { EntryFacts } from "../gallery/EntryFacts";
import { fileWords } from "../gallery/entryWords";
import { formatBytes } from "../panels/wording/bytes";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./moderation.module.css";
import { changeWords, DECISIONS, LONGEST_REASON } from "./moderationWords";

export function WaitingEntry({ item }: { item: QueueItem }) {
  const { entry } = item;
  const title = useId();
  return (
    <li className={styles.item}>
      <article aria-labelledby={title}>
        <h2 id={title}>{entry.metadata.title || "Without a title"}</h2>
        <p className={styles.from}>
          {item.submitter ? `From ${item.submitter}, ` : ""}
          {formatWhen(item.submitted, new Date())} · {changeWords(item.public_version, item.changed_fields)}
        </p>
        <div className={styles.columns}>
          <div className={styles.pictures}>
            {entry.thumbnails.map((what) => (
              <img
                key={what}
                src={entryThumbnailUrl(entry, what, 640)}
                alt={what === "image" ? "The image" : "Its segmentation"}
                loading="lazy"
              />
            ))}
            <a href={addressOf({ screen: "entry", entryId: entry.id, version: entry.version })}>Look at it in full</a>
            <ul aria-label="Files">
              {entry.files.map((file) => (
                <li key={file.kind}>
                  {fileWords(file.kind)}: {file.file_name}, {formatBytes(file.bytes)}
                </li>
              ))}
            </ul>
          </div>
          <div className={styles.facts}>
            <EntryFacts entry={entry} />
            <DecisionForm entryId={entry.id} version={entry.version} />
          </div>
        </div>
      </article>
    </li>
  );
}

function DecisionForm({ entryId, version }: { entryId: string; version: number }) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const decision = useMutation({
    mutationFn: (action: Decision) => decide(entryId, version, action, reason.trim()),
    onSuccess: (waiting) => {
      queries.setQueryData(["moderation", "queue"], waiting);
      void queries.invalidateQueries({ queryKey: ["moderation", "log"] });
      void queries.invalidateQueries({ queryKey: ["gallery"] });
    },
    // Somebody else may have decided meanwhile.
    onError: () => void queries.invalidateQueries({ queryKey: ["moderation", "queue"] }),
  });
  return (
    <div className={styles.decision}>
      <Textarea
        size="xs"
        rows={2}
        label="Reason, which the submitter reads"
        description="Needed to ask for changes and to reject"
        maxLength={LONGEST_REASON}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={styles.ways}>
        {DECISIONS.map(({ action, label, needsReason }) => (
          <Button
            key={action}
            variant={action === "accept" ? "filled" : "default"}
            disabled={needsReason && reason.trim() === ""}
            loading={decision.isPending && decision.variables === action}
            onClick={() => decision.mutate(action)}
          >
            {label}
          </Button>
        ))}
      </div>
      {decision.error && <p role="alert">{decision.error.message}</p>}
    </div>
  );
}
