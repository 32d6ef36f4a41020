// The sheet of the check by points: what it is, beginning and going on, and what the answers say.

import { useEditorParts } from "../app/editorContext";
import { Sheet } from "../panels/dialogs/Sheet";
import { answeredWords } from "./checkWords";
import { PointCheckActions, PointCheckFailure } from "./PointCheckActions";
import { PointCheckResults } from "./PointCheckResults";
import styles from "./pointCheck.module.css";
import { countAnswered } from "./points";
import { usePointCheck } from "./usePointCheck";

export default function PointCheckSheet({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const { image, state, name } = useEditorParts(({ image, images, result }) => ({
    image,
    state: result?.state,
    name: images.length > 1 ? (images.find(({ id }) => id === image)?.name ?? "") : "",
  }));
  const { data, isPlaceholderData, error } = usePointCheck();
  const check = isPlaceholderData ? undefined : data;
  return (
    <Sheet title={name ? `Check ${name} by points` : "Check by points"} width={640} onClose={onClose}>
      <div className={styles.parts}>
        <p>
          Pixels are drawn at random and shown one by one, without segmentation and labels, and you say which class lies
          under the cross. Your answers give the accuracy, the overlap and the phase fractions of this image with 95 %
          intervals that can be reported.
        </p>
        <p className={styles.note}>
          Training again keeps the answers, and the numbers are then those of the new segmentation; do not label at the
          points, or the numbers come out too good.
        </p>
        {state !== "complete" && (
          <p role="status">
            {state === "running"
              ? "The image is being segmented; the numbers come when that is done."
              : "The image has no complete segmentation. Train first."}
          </p>
        )}
        <PointCheckFailure error={error} />
        {check && state === "complete" && (
          <>
            <PointCheckActions
              key={check.id ?? image}
              projectId={projectId}
              image={image}
              check={check}
              onClose={onClose}
            />
            {countAnswered(check.points) > 0 && <p role="status">{answeredWords(check)}</p>}
            {check.estimate && <PointCheckResults estimate={check.estimate} />}
          </>
        )}
      </div>
    </Sheet>
  );
}
