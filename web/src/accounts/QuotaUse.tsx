// How much one uses of what one may: a line and a thin bar each.

import type { CSSProperties } from "react";
import styles from "./accounts.module.css";
import { jobTimeWords, type Quota, quotaLines } from "./quotaWords";

export function QuotaUse({ quota }: { quota: Quota }) {
  const jobTime = jobTimeWords(quota);
  return (
    <div className={styles.quota}>
      {quotaLines(quota).map(({ label, words, share, warning }) => (
        <div key={label} className={styles.quotaLine} data-short={warning !== "" || undefined}>
          <span>{label}</span>
          <span>{words}</span>
          {share !== null && <ShareBar share={share} />}
          {warning && <p>{warning}</p>}
        </div>
      ))}
      {jobTime && <p>{jobTime}</p>}
    </div>
  );
}

/** A bar that is filled to `share`; the words beside it say the same. */
export function ShareBar({ share }: { share: number }) {
  const style: CSSProperties = { transform: `scaleX(${Math.min(1, share)})` };
  return (
    <span className={styles.bar} aria-hidden>
      <span style={style} />
    </span>
  );
}
