// What can be done with a check by points: begin it, go on, or have other points drawn.

import { Button, SegmentedControl } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../api/error";
import { drawPoints, type PointCheck } from "../api/pointCheck";
import { useEditor } from "../app/editorContext";
import { goOnWords, lossWords } from "./checkWords";
import styles from "./pointCheck.module.css";
import { firstOpen } from "./points";

const COUNTS = [30, 60, 100];
const USUAL_COUNT = 60;

interface PointCheckActionsProps {
  projectId: string;
  image: number;
  check: PointCheck;
  /** The sheet is in the way of the question over the image. */
  onClose: () => void;
}

export function PointCheckActions({ projectId, image, check, onClose }: PointCheckActionsProps) {
  const editor = useEditor();
  const [isReplacing, setReplacing] = useState(false);
  const begin = (begun: PointCheck): void => {
    onClose();
    editor.checkPoints(image, begun);
  };
  if (check.id === null) return <Draw words="Start" projectId={projectId} image={image} onDrawn={begin} />;
  if (isReplacing) {
    return (
      <>
        <p>{lossWords(check)}</p>
        <Draw
          words="Start anew"
          projectId={projectId}
          image={image}
          onDrawn={begin}
          onKeep={() => setReplacing(false)}
        />
      </>
    );
  }
  return (
    <div className={styles.actions}>
      <Button variant={firstOpen(check.points) === null ? "default" : "filled"} onClick={() => begin(check)}>
        {goOnWords(check)}
      </Button>
      <Button variant="default" onClick={() => setReplacing(true)}>
        Start anew…
      </Button>
    </div>
  );
}

interface DrawProps {
  words: string;
  projectId: string;
  image: number;
  onDrawn: (check: PointCheck) => void;
  /** There is a check that can be kept. */
  onKeep?: () => void;
}

function Draw({ words, projectId, image, onDrawn, onKeep }: DrawProps) {
  const editor = useEditor();
  const [count, setCount] = useState(USUAL_COUNT);
  const drawing = useMutation({
    mutationFn: async () => {
      await editor.whenStored();
      return drawPoints(projectId, image, count);
    },
    onSuccess: onDrawn,
  });
  return (
    <>
      <div className={styles.actions}>
        <span className={styles.counts}>
          <span>Points</span>
          <SegmentedControl
            aria-label="Number of points"
            data={COUNTS.map(String)}
            value={String(count)}
            onChange={(value) => setCount(Number(value))}
          />
        </span>
        <Button variant="filled" loading={drawing.isPending} onClick={() => drawing.mutate()}>
          {words}
        </Button>
        {onKeep && (
          <Button variant="default" onClick={onKeep}>
            Keep the answers
          </Button>
        )}
      </div>
      <PointCheckFailure error={drawing.error} />
    </>
  );
}

export function PointCheckFailure({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="alert" className={styles.failure}>
      {error instanceof ApiError ? `${error.message} ${error.hint}` : error.message}
    </p>
  );
}
