// How far the result can be trusted, in full: each class, the confusion table, and phase fractions with intervals.

import type { Trust } from "../api/trust";
import { useEditorState } from "../app/editorContext";
import { Sheet } from "../panels/dialogs/Sheet";
import { formatCount, formatShare } from "../panels/wording/numbers";
import type { ClassInfo } from "../state/contract";
import styles from "./trust.module.css";
import { formatEstimate, formatInterval, formatNumber } from "./trustWords";
import { useTrust } from "./useTrust";

const NO_CLASSES: ClassInfo[] = [];

export default function TrustSheet({ onClose }: { onClose: () => void }) {
  const trust = useTrust();
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  const nameOf = (id: number) => classes.find((entry) => entry.id === id)?.name ?? `Class ${id}`;
  const score = useEditorState((state) => state.project?.classifier?.oob_score ?? null);
  return (
    <Sheet title="How sure is this?" width={620} onClose={onClose}>
      {trust?.agreement ? (
        <div className={styles.parts}>
          {trust.agreement.overlap !== null && (
            <p>
              Estimated agreement <strong>{formatEstimate(trust.agreement.overlap, trust.agreement.error)}</strong>: the
              mean overlap (IoU) of the classes with what you would draw.
              {score !== null && ` The score of single pixels left out, ${score.toFixed(2)}, is too good to compare.`}
            </p>
          )}
          <ClassTable agreement={trust.agreement} nameOf={nameOf} />
          <Confusion agreement={trust.agreement} nameOf={nameOf} />
          <Intervals shares={trust.shares} nameOf={nameOf} />
        </div>
      ) : (
        <p role="status">Nothing is known of this result. Press Train: strokes are held out when it is done.</p>
      )}
    </Sheet>
  );
}

interface TableProps {
  agreement: NonNullable<Trust["agreement"]>;
  nameOf: (id: number) => string;
}

function ClassTable({ agreement, nameOf }: TableProps) {
  return (
    <section>
      <h3>Classes, by strokes that were held out</h3>
      <table className={styles.table} aria-label="Agreement by class">
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Strokes</th>
            <th scope="col">Pixels</th>
            <th scope="col">IoU</th>
            <th scope="col" title="Of the class, the share that is found">
              Recall
            </th>
            <th scope="col" title="Of what is found, the share that is the class">
              Precision
            </th>
          </tr>
        </thead>
        <tbody>
          {agreement.classes.map(({ class_id, strokes, pixels, overlap, recall, precision }) => (
            <tr key={class_id}>
              <th scope="row">{nameOf(class_id)}</th>
              <td>{formatCount(strokes)}</td>
              <td>{formatCount(pixels)}</td>
              <td>{formatNumber(overlap)}</td>
              <td>{formatNumber(recall)}</td>
              <td>{formatNumber(precision)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.note}>
        Strokes lie in the middle of objects, where classes are easy to tell. So these numbers are too good, most of all
        for a class with one stroke; compare classes by them.
      </p>
    </section>
  );
}

function Confusion({ agreement, nameOf }: TableProps) {
  return (
    <section>
      <h3>What held-out pixels were taken for</h3>
      <div className={styles.scroll}>
        <table className={styles.table} aria-label="Confusion">
          <thead>
            <tr>
              <th scope="col">Labelled as</th>
              {agreement.classes.map(({ class_id }) => (
                <th key={class_id} scope="col">
                  {nameOf(class_id)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {agreement.classes.map(({ class_id }, row) => (
              <tr key={class_id}>
                <th scope="row">{nameOf(class_id)}</th>
                {agreement.classes.map((column, at) => (
                  <td key={column.class_id} data-right={at === row}>
                    {formatCount(agreement.confusion[row]?.[at] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Intervals({ shares, nameOf }: { shares: Trust["shares"]; nameOf: (id: number) => string }) {
  return (
    <section>
      <h3>Phase fractions with 95 % intervals</h3>
      <table className={styles.table} aria-label="Phase fractions with intervals">
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Segmented</th>
            <th scope="col" title="By what held-out strokes were taken for">
              Corrected
            </th>
            <th scope="col">95 % interval</th>
            <th scope="col" title="Standard deviation due to errors of the classifier">
              Classifier ±
            </th>
            <th scope="col" title="Standard deviation between fields of view of this size">
              Field ±
            </th>
          </tr>
        </thead>
        <tbody>
          {shares.map((share) => (
            <tr key={share.class_id}>
              <th scope="row">{nameOf(share.class_id)}</th>
              <td>{formatShare(share.answered)}</td>
              <td>{formatShare(share.corrected)}</td>
              <td>{formatInterval(share)}</td>
              <td>{formatShare(share.classifier_error)}</td>
              <td>{formatShare(share.field_error)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.note}>
        For the material as a whole, if it looks everywhere as it does here: errors of the classifier and the size of
        the field of view are both in it. Edits are not.
      </p>
    </section>
  );
}
