// What the answers at points say: accuracy and overlap of the whole, and each class, with 95 % intervals.

import type { PointEstimate } from "../api/pointCheck";
import { useEditorState } from "../app/editorContext";
import { formatCount, formatShare } from "../panels/wording/numbers";
import type { ClassInfo } from "../state/contract";
import { formatInterval, formatNumber } from "../trust/trustWords";
import { formatRange, wholeRows } from "./checkWords";
import styles from "./pointCheck.module.css";

const NO_CLASSES: ClassInfo[] = [];

export function PointCheckResults({ estimate }: { estimate: PointEstimate }) {
  return (
    <>
      <table className={styles.table} aria-label="Accuracy by points">
        <thead>
          <tr>
            <th scope="col">The whole image</th>
            <th scope="col">By points</th>
            <th scope="col">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {wholeRows(estimate).map(({ name, interval }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className={styles.value}>{formatNumber(interval.value)}</td>
              <td>{formatRange(interval)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ClassTable estimate={estimate} />
    </>
  );
}

function ClassTable({ estimate }: { estimate: PointEstimate }) {
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label="Classes by points">
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              Class
            </th>
            <th scope="col" rowSpan={2} title="Points that you said are the class">
              Points
            </th>
            <th scope="colgroup" colSpan={3}>
              Phase fraction
            </th>
            <th scope="colgroup" colSpan={2}>
              Overlap (IoU)
            </th>
          </tr>
          <tr>
            <th scope="col">Segmented</th>
            <th scope="col">By points</th>
            <th scope="col">95 % interval</th>
            <th scope="col">By points</th>
            <th scope="col">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {estimate.classes.map(({ class_id, answered, segmented, share, overlap }) => {
            const info = classes.find(({ id }) => id === class_id);
            return (
              <tr key={class_id}>
                <th scope="row">
                  <span className={styles.swatch} style={{ background: info?.colour ?? "#888888" }} />
                  {info?.name ?? `Class ${class_id}`}
                </th>
                <td>{formatCount(answered)}</td>
                <td>{formatShare(segmented)}</td>
                <td className={styles.value}>{formatShare(share.value)}</td>
                <td>{formatInterval(share)}</td>
                <td className={styles.value}>{formatNumber(overlap.value)}</td>
                <td>{formatRange(overlap)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
