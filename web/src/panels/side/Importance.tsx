// Which features the trees used most: by family, then the single ones; folded until it is asked for.

import type { Schemas } from "../../state/contract";
import { formatShare } from "../wording/numbers";
import { byFamily, strongest } from "./importanceOrder";
import styles from "./side.module.css";

type FeatureImportance = Schemas["FeatureImportance"];

const SHOWN = 12;

export function Importance({ importance }: { importance: FeatureImportance[] }) {
  if (importance.length === 0) return null;
  return (
    <details className={styles.importance}>
      <summary>Which features mattered</summary>
      <ImportanceList
        label="By family"
        rows={byFamily(importance).map(({ family, importance: share }) => ({ name: family, share }))}
      />
      <ImportanceList
        label={importance.length > SHOWN ? `The strongest ${SHOWN} of ${importance.length}` : "Single features"}
        rows={strongest(importance, SHOWN).map(({ feature, importance: share }) => ({ name: feature, share }))}
      />
    </details>
  );
}

function ImportanceList({ label, rows }: { label: string; rows: { name: string; share: number }[] }) {
  const most = Math.max(...rows.map(({ share }) => share), Number.MIN_VALUE);
  return (
    <>
      <h3 className={styles.subtitle}>{label}</h3>
      <ul className={styles.importanceList}>
        {rows.map(({ name, share }) => (
          <li key={name}>
            <div className={styles.importanceBar} style={{ width: `${(share / most) * 100}%` }} />
            <span title={name}>{name}</span>
            <span>{formatShare(share)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
