// The panel on the right: classes, overlays, contrast, result, cleaning up, where next.

import { CleanUpPanel } from "../../cleaning/CleanUpPanel";
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
      <CleanUpPanel />
      <WhereNextPanel />
    </aside>
  );
}
