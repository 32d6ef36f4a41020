// How far the result can be trusted, in the side panel: the estimate, its trend, and classes that rest on too little.

import { Alert, Button, Tooltip } from "@mantine/core";
import { useUi } from "../panels/uiState";
import styles from "./trust.module.css";
import { formatEstimate, trendPoints } from "./trustWords";
import { useTrust } from "./useTrust";

const EXPLANATION =
  "Mean overlap (IoU) of the classes with what you would draw, estimated from strokes that the classifier was not " +
  "trained on. The error is the mean error of such estimates on micrographs whose truth is known.";
const WIDTH = 64;
const HEIGHT = 20;

export function TrustSummary() {
  const trust = useTrust();
  if (!trust?.agreement) return null;
  const { overlap, error } = trust.agreement;
  const points = trendPoints(trust.trend, WIDTH, HEIGHT);
  return (
    <>
      <div className={styles.line}>
        <Tooltip label={EXPLANATION} multiline maw={300} position="left">
          <p className={styles.estimate}>
            {overlap === null ? (
              "Too little is labelled to estimate the agreement."
            ) : (
              <>
                Estimated agreement <strong>{formatEstimate(overlap, error)}</strong> from held-out strokes
              </>
            )}
          </p>
        </Tooltip>
        {points && (
          <svg
            className={styles.trend}
            viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
            role="img"
            aria-label={`Estimated agreement of the last ${trust.trend.length} trainings`}
          >
            <polyline points={points} />
          </svg>
        )}
      </div>
      {trust.poor_support.length > 0 && (
        <Alert role="note" color="yellow" p={8} className={styles.warning}>
          {trust.poor_support.map(({ class_id, message, hint }) => (
            <p key={class_id}>
              {message} {hint}
            </p>
          ))}
        </Alert>
      )}
      <Button variant="default" onClick={() => useUi.getState().openSheet({ kind: "trust" })}>
        How sure is this?
      </Button>
    </>
  );
}
