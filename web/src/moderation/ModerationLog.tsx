// What was done to entries: who, when, what, why; the newest first.

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { listSteps } from "../api/moderation";
import { addressOf } from "../app/route";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./moderation.module.css";
import { actionWords } from "./moderationWords";

export function ModerationLog() {
  const log = useInfiniteQuery({
    queryKey: ["moderation", "log"],
    queryFn: ({ pageParam }) => listSteps(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.before,
  });
  const steps = log.data?.pages.flatMap((page) => page.steps) ?? [];
  return (
    <section aria-labelledby="log">
      <h2 id="log">What was done</h2>
      {log.error && <p role="alert">{log.error.message}</p>}
      {log.data && steps.length === 0 && <p className={styles.from}>Nothing yet.</p>}
      <ol className={styles.log}>
        {steps.map((step) => (
          <li key={step.id}>
            <span>
              {actionWords(step.action)}
              {step.actor && ` by ${step.actor}`}:{" "}
              <a href={addressOf({ screen: "entry", entryId: step.entry_id, version: step.version })}>
                version {step.version} of {step.entry_id.slice(0, 8)}
              </a>
            </span>
            <small>{formatWhen(step.at, new Date())}</small>
            {step.reason && <p>{step.reason}</p>}
          </li>
        ))}
      </ol>
      {log.hasNextPage && (
        <Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}
