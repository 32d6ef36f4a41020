// What was done to people, projects and settings: who, when, what.

import { listAuditLog } from "../api/admin";
import { PagedLog } from "../app/PagedLog";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { auditWords } from "./adminWords";

export function LogSection() {
  return (
    <PagedLog
      queryKey={["admin", "log"]}
      load={async (before) => {
        const page = await listAuditLog(before);
        return { items: page.records, before: page.before };
      }}
      className={styles.list}
      note={
        <p className={styles.quiet}>To people, projects and settings. It is never changed, and holds no secrets.</p>
      }
    >
      {(record) => (
        <li key={record.id}>
          <span>{auditWords(record)}</span>
          <small>
            {record.actor || "Somebody"}, {formatWhen(record.at, new Date())}
          </small>
        </li>
      )}
    </PagedLog>
  );
}
