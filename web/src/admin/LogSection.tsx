// What was done to people, projects and settings: who, when, what; the newest first.

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { listAuditLog } from "../api/admin";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { auditWords } from "./adminWords";
import { Failure } from "./Failure";

export function LogSection() {
  const log = useInfiniteQuery({
    queryKey: ["admin", "log"],
    queryFn: ({ pageParam }) => listAuditLog(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.before,
  });
  const records = log.data?.pages.flatMap((page) => page.records) ?? [];
  return (
    <section aria-labelledby="log">
      <h2 id="log">What was done</h2>
      <p className={styles.quiet}>To people, projects and settings. It is never changed, and holds no secrets.</p>
      <Failure error={log.error} />
      <ol className={styles.list}>
        {records.map((record) => (
          <li key={record.id}>
            <span>{auditWords(record)}</span>
            <small>
              {record.actor || "Somebody"}, {formatWhen(record.at, new Date())}
            </small>
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
