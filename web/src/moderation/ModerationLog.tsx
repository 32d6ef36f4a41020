// What was done to entries: who, when, what, why.

import { listSteps } from "../api/moderation";
import { PagedLog } from "../app/PagedLog";
import { addressOf } from "../app/route";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./moderation.module.css";
import { actionWords } from "./moderationWords";

export function ModerationLog() {
  return (
    <PagedLog
      queryKey={["moderation", "log"]}
      load={async (before) => {
        const page = await listSteps(before);
        return { items: page.steps, before: page.before };
      }}
      className={styles.log}
      note={null}
    >
      {(step) => (
        <li key={step.id}>
          <span>
            {actionWords(step.action)}
            {step.actor && ` by ${step.actor}`}:{" "}
            <a href={addressOf({ screen: "entry", entryId: step.entry_id, version: step.version })}>
              {step.title || step.entry_id.slice(0, 8)}
              {step.version > 1 && `, version ${step.version}`}
            </a>
          </span>
          <small>{formatWhen(step.at, new Date())}</small>
          {step.reason && <p>{step.reason}</p>}
        </li>
      )}
    </PagedLog>
  );
}
