// Phase fractions: as predicted, as labelled, and after cleaning up and edits, kept apart.

import type { ShareInterval } from "../../api/trust";
import { useEditorState } from "../../app/editorContext";
import type { ClassInfo, ResultInfo, Schemas } from "../../state/contract";
import { formatInterval } from "../../trust/trustWords";
import { useTrust } from "../../trust/useTrust";
import { formatShare } from "../wording/numbers";
import styles from "./side.module.css";

type Kind = "predicted" | "labelled" | "cleaned" | "edited";

const KINDS: { kind: Kind; name: string; explanation: string }[] = [
  { kind: "predicted", name: "Predicted", explanation: "Share of the image's pixels, as the classifier found it" },
  { kind: "labelled", name: "Labelled", explanation: "Share of the image's pixels that you labelled" },
  { kind: "cleaned", name: "Cleaned", explanation: "Share of the image's pixels after cleaning up" },
  {
    kind: "edited",
    name: "Edited",
    explanation: "Share of the image's pixels after cleaning up and your edits of the segmentation",
  },
];

const NO_CLASSES: ClassInfo[] = [];

/** Cleaning and edits are worth a bar only where they changed a share; edits are told with what was cleaned before. */
const changed = (fractions: Schemas["ClassFraction"][], from: Kind, to: Kind): boolean =>
  fractions.some((fraction) => Math.abs(fraction[from] - fraction[to]) > 1e-9);

function kindsShown(fractions: Schemas["ClassFraction"][]) {
  const isEdited = changed(fractions, "cleaned", "edited");
  const isCleaned = !isEdited && changed(fractions, "predicted", "cleaned");
  return KINDS.filter(({ kind }) => (kind !== "edited" || isEdited) && (kind !== "cleaned" || isCleaned));
}

export function Fractions({ result }: { result: ResultInfo }) {
  const current = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  const intervals = useTrust()?.shares ?? [];
  const kinds = kindsShown(result.fractions);
  const rows = result.fractions.map((fraction) => {
    const info =
      current.find(({ id }) => id === fraction.class_id) ?? result.classes.find(({ id }) => id === fraction.class_id);
    return { fraction, name: info?.name ?? `Class ${fraction.class_id}`, colour: info?.colour ?? "#888888" };
  });
  return (
    <>
      <div className={styles.bars} aria-hidden>
        {kinds.map(({ kind, name }) => (
          <div key={kind} className={styles.barRow}>
            <span>{name}</span>
            <div className={styles.bar}>
              {rows.map(({ fraction, colour }) => (
                <div key={fraction.class_id} style={{ width: `${fraction[kind] * 100}%`, background: colour }} />
              ))}
            </div>
          </div>
        ))}
      </div>
      <table className={styles.fractions} data-shares={kinds.length} aria-label="Phase fractions">
        <thead>
          <tr>
            <th scope="col">Class</th>
            {kinds.map(({ kind, name, explanation }) => (
              <th key={kind} scope="col" title={explanation}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ fraction, name, colour }) => (
            <tr key={fraction.class_id}>
              <th scope="row" title={name}>
                <span className={styles.dot} style={{ background: colour }} />
                {name}
              </th>
              {kinds.map(({ kind }) => (
                <td key={kind}>
                  {formatShare(fraction[kind])}
                  {kind === "predicted" && (
                    <Interval interval={intervals.find(({ class_id }) => class_id === fraction.class_id)} />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Where the share of the material lies, by the errors of the classifier and the size of the field of view. */
function Interval({ interval }: { interval: ShareInterval | undefined }) {
  if (!interval) return null;
  return (
    <span className={styles.interval} title="95 % interval: errors of the classifier and size of the field of view">
      {formatInterval(interval)}
    </span>
  );
}
