// The area fractions of the classes as bars.

import type { ClassMeasures } from "../api/measurements";
import { formatShare } from "../panels/wording/numbers";
import styles from "./measure.module.css";

export function FractionBars({ classes }: { classes: readonly ClassMeasures[] }) {
  return (
    <ul className={styles.fractions} aria-label="Area fractions">
      {classes.map(({ id, name, colour, fraction }) => (
        <li key={id}>
          <span className={styles.className} title={name}>
            {name}
          </span>
          <div className={styles.track}>
            <div style={{ width: `${fraction * 100}%`, background: colour }} />
          </div>
          <span>{formatShare(fraction)}</span>
        </li>
      ))}
    </ul>
  );
}
