// The colours of the uncertainty overlay, from sure to unsure, on the scale that never changes.

import { UNCERTAINTY_GRADIENT } from "../../canvas/colourMap";
import styles from "./side.module.css";

export function UncertaintyLegend({ dimmed }: { dimmed: boolean }) {
  return (
    <div
      className={styles.legend}
      data-dimmed={dimmed || undefined}
      role="img"
      aria-label="Colours of the uncertainty: dark is 0, sure; bright is 1, unsure"
    >
      <span>0 sure</span>
      <div className={styles.legendBar} style={{ background: UNCERTAINTY_GRADIENT }} />
      <span>1 unsure</span>
    </div>
  );
}
