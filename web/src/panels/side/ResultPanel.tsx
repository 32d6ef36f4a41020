// What the last training gave: phase fractions, score, uncertainty, important features.

import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useEditor, useEditorState } from "../../app/editorContext";
import { stepWords } from "../../cleaning/steps";
import { MeasureButton } from "../../measure/MeasureButton";
import { PointCheckSummary } from "../../pointCheck/PointCheckSummary";
import type { ResultInfo, Schemas } from "../../state/contract";
import { mayChange } from "../../state/rights";
import { TrustSummary } from "../../trust/TrustSummary";
import { isRunning } from "../top/trainState";
import { formatCount, formatDuration, formatShare } from "../wording/numbers";
import { Fractions } from "./Fractions";
import { Importance } from "./Importance";
import { Section } from "./Section";
import styles from "./side.module.css";

const SCORE =
  "Each tree has not seen some of the labelled pixels. The score is the share of those that the trees get right. " +
  "It is a little too good, since neighbouring pixels are alike: compare settings with it, do not prove a result.";
const REACHES =
  "Near trees look at scales up to 4 px, middle ones up to 16 px, wide ones at all of them. Once every class has two strokes, " +
  "strokes that are held out decide how many there are of each.";
const UNCERTAINTY = "Mean over all pixels of 1 − largest class probability: 0 is sure.";

export function ResultPanel() {
  const result = useEditorState((state) => state.result);
  const classifier = useEditorState((state) => state.project?.classifier ?? null);
  return (
    <Section title="Result" actions={result && <Freshness result={result} />}>
      {result ? (
        <ResultView result={result} />
      ) : (
        <p className={styles.empty}>After training, the share of each class stands here.</p>
      )}
      {classifier && <ClassifierView classifier={classifier} />}
    </Section>
  );
}

/** Says when the result is not what the labels would give now. */
function Freshness({ result }: { result: ResultInfo }) {
  const text = result.state === "cancelled" ? "cancelled, incomplete" : result.outdated ? "older than the labels" : "";
  return (
    <span className={styles.outdated} role="status">
      {text}
    </span>
  );
}

function ResultView({ result }: { result: ResultInfo }) {
  return (
    <>
      {result.fractions.length > 0 && <Fractions result={result} />}
      {result.state === "running" && result.fractions.length === 0 && (
        <p className={styles.empty}>Being computed. The share of each class stands here when all is done.</p>
      )}
      <dl className={styles.facts}>
        {result.mean_uncertainty !== null && (
          <Fact name="Mean uncertainty" explanation={UNCERTAINTY} value={result.mean_uncertainty.toFixed(3)} />
        )}
        {result.state === "complete" && <Fact name="Took" value={formatDuration(result.seconds)} />}
      </dl>
      {result.cleaning.length > 0 && <CleanedNote result={result} />}
      <TrustSummary />
      {result.state === "complete" && <PointCheckSummary />}
      {result.state === "complete" && <MeasureButton />}
    </>
  );
}

/** Says what was done to the classes that the classifier predicted. */
function CleanedNote({ result: { cleaning, classes } }: { result: ResultInfo }) {
  const current = useEditorState((state) => state.project?.classes ?? classes);
  const nameOf = (classId: number): string =>
    [...current, ...classes].find(({ id }) => id === classId)?.name ?? `class ${classId}`;
  return <p className={styles.empty}>Cleaned up: {cleaning.map((step) => stepWords(step, nameOf)).join("; ")}.</p>;
}

function ClassifierView({ classifier }: { classifier: Schemas["ClassifierInfo"] }) {
  const may = useEditorState(mayChange);
  const used = classifier.training_points.reduce((sum, points) => sum + points.used, 0);
  const labelled = classifier.training_points.reduce((sum, points) => sum + points.labelled, 0);
  return (
    <>
      <dl className={styles.facts}>
        {classifier.oob_score !== null && (
          <Fact name="Score" explanation={SCORE} value={formatShare(classifier.oob_score)} />
        )}
        <Fact
          name={classifier.source === "loaded" ? "Classifier (loaded)" : "Classifier"}
          value={`${classifier.trees} trees, ${classifier.features} features`}
        />
        {classifier.reaches.length > 0 && (
          <Fact
            name="Reach"
            explanation={REACHES}
            value={classifier.reaches.map(({ name, trees }) => `${trees} ${name}`).join(", ")}
          />
        )}
        {used > 0 && (
          <Fact
            name="Trained on"
            value={
              used === labelled ? `${formatCount(used)} px` : `${formatCount(used)} of ${formatCount(labelled)} px`
            }
          />
        )}
      </dl>
      {classifier.source === "loaded" && may && <SegmentButton />}
      <Importance importance={classifier.importance} />
    </>
  );
}

/** With labels of its own, the project's main button trains; a loaded classifier is used from here. */
function SegmentButton() {
  const editor = useEditor();
  const busy = useEditorState((state) => isRunning(state.job));
  return (
    <Button disabled={busy} onClick={() => void editor.apply()}>
      Segment with this classifier
    </Button>
  );
}

function Fact({ name, value, explanation }: { name: string; value: string; explanation?: string }) {
  return (
    <div className={styles.fact}>
      <dt>
        {name}
        {explanation && (
          <Tooltip label={explanation} multiline maw={280} position="left">
            <ActionIcon size={18} aria-label={`What “${name}” means`} className={styles.explain}>
              <IconInfoCircle size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}
