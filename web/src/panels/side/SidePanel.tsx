// The panel on the right: classes, overlays, contrast, result.

import { WhereNextPanel } from "../../guidance/WhereNextPanel";
import { ClassesPanel } from "./ClassesPanel";
import { ContrastPanel } from "./ContrastPanel";
import { OverlaysPanel } from "./OverlaysPanel";
import { ResultPanel } from "./ResultPanel";
import styles from "./side.module.css";

export function SidePanel() {
  return (
    <aside className={styles.panel} aria-label="Panel">
      <ClassesPanel />
      <OverlaysPanel />
      <ContrastPanel />
      <ResultPanel />
      <WhereNextPanel />
    </aside>
  );
}
