// The check by points in the side panel, below the estimate from strokes: its overlap, and the way to its sheet.

import { Button } from "@mantine/core";
import { useEditorState } from "../app/editorContext";
import { useUi } from "../panels/uiState";
import { mayChange } from "../state/rights";
import { formatNumber } from "../trust/trustWords";
import { formatRange } from "./checkWords";
import styles from "./pointCheck.module.css";
import { usePointCheck } from "./usePointCheck";

export function PointCheckSummary() {
  const may = useEditorState(mayChange);
  const estimate = usePointCheck().data?.estimate;
  return (
    <>
      {estimate && (
        <p className={styles.summary}>
          Mean overlap <strong>{formatNumber(estimate.overlap.value)}</strong> ({formatRange(estimate.overlap)}) by{" "}
          {estimate.answered} points
        </p>
      )}
      {may && (
        <Button variant="default" onClick={() => useUi.getState().openSheet({ kind: "pointCheck" })}>
          Check by points…
        </Button>
      )}
    </>
  );
}
