// Rows of one height, of which only those in view are in the page: lists may have thousands.

import { type ReactNode, useEffect, useLayoutEffect, useState } from "react";
import styles from "./virtualRows.module.css";

const SPARE_ROWS = 6;

interface VirtualRowsProps {
  /** The element that scrolls, and holds this. */
  scroller: HTMLElement | null;
  count: number;
  rowPx: number;
  /** A row that is kept in view. */
  active?: number | undefined;
  /** Of a list of `<li>`; without it the rows are those of a list box around. */
  label?: string | undefined;
  children: (row: number) => ReactNode;
}

export function VirtualRows({ scroller, count, rowPx, active, label, children }: VirtualRowsProps) {
  const [shown, setShown] = useState({ top: 0, height: 600 });

  useLayoutEffect(() => {
    if (!scroller) return;
    const look = (): void => setShown({ top: scroller.scrollTop, height: scroller.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(scroller);
    scroller.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [scroller]);

  useEffect(() => {
    if (!scroller || active === undefined || active < 0) return;
    const top = active * rowPx;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + rowPx > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + rowPx - scroller.clientHeight;
    }
  }, [scroller, active, rowPx]);

  const first = Math.max(0, Math.floor(shown.top / rowPx) - SPARE_ROWS);
  const last = Math.min(count, Math.ceil((shown.top + shown.height) / rowPx) + SPARE_ROWS);
  const rows: ReactNode[] = [];
  for (let row = first; row < last; row++) rows.push(children(row));
  return (
    <div role="presentation" style={{ height: count * rowPx, position: "relative" }}>
      {label === undefined ? (
        <div role="presentation" className={styles.rows} style={{ top: first * rowPx }}>
          {rows}
        </div>
      ) : (
        <ol aria-label={label} className={styles.rows} style={{ top: first * rowPx }}>
          {rows}
        </ol>
      )}
    </div>
  );
}
