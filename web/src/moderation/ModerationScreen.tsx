// What waits for a moderator, and what was done.

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "../api/error";
import { listQueue } from "../api/moderation";
import { PageHeader } from "../app/PageHeader";
import { formatCount } from "../panels/wording/numbers";
import { ModerationLog } from "./ModerationLog";
import styles from "./moderation.module.css";
import { WaitingEntry } from "./WaitingEntry";

export default function ModerationScreen() {
  const queue = useQuery({ queryKey: ["moderation", "queue"], queryFn: listQueue, refetchInterval: 30_000 });
  useEffect(() => {
    document.title = "Moderation – sambaseg";
    return () => {
      document.title = "sambaseg";
    };
  }, []);
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <h1>Moderation</h1>
        {queue.error && (
          <p role="alert">
            {queue.error.message} {queue.error instanceof ApiError ? queue.error.hint : ""}
          </p>
        )}
        {queue.data && (
          <>
            <p className={styles.count} role="status">
              {queue.data.length === 0
                ? "Nothing waits."
                : queue.data.length === 1
                  ? "1 entry waits."
                  : `${formatCount(queue.data.length)} entries wait, the oldest first.`}
            </p>
            <ul className={styles.queue}>
              {queue.data.map((item) => (
                <WaitingEntry key={`${item.entry.id} ${item.entry.version}`} item={item} />
              ))}
            </ul>
            <ModerationLog />
          </>
        )}
      </main>
    </div>
  );
}
