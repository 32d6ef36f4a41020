// Train, and what it is doing: text and button keep their places, whatever they say.

import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconSettings } from "@tabler/icons-react";
import { useEditor, useEditorParts } from "../../app/editorContext";
import { shortcutOf } from "../shortcuts";
import { useUi } from "../uiState";
import styles from "./topBar.module.css";
import { type TrainState, trainState } from "./trainState";

function useTrainState(): TrainState {
  const facts = useEditorParts((state) => ({
    labelledPixels: state.labelledPixels,
    hasClassifier: Boolean(state.project?.classifier),
    job: state.job,
    result: state.result,
  }));
  return trainState(facts);
}

export function TrainControl() {
  const state = useTrainState();
  const openSheet = useUi((ui) => ui.openSheet);
  return (
    <div className={styles.train} data-tour="train">
      <TrainText state={state} />
      <TrainButton state={state} />
      <Tooltip label="Features and training settings">
        <ActionIcon aria-label="Features and training settings" onClick={() => openSheet({ kind: "settings" })}>
          <IconSettings size={17} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function TrainText({ state }: { state: TrainState }) {
  const running = state.kind === "running";
  return (
    <div className={styles.trainText} data-kind={state.kind}>
      <span role="status">{state.text}</span>
      {running && (
        <div
          className={styles.progress}
          role="progressbar"
          aria-label="Training progress"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(state.progress * 100)}
        >
          <div className={styles.progressBar} style={{ transform: `scaleX(${state.progress})` }} />
        </div>
      )}
    </div>
  );
}

function TrainButton({ state }: { state: TrainState }) {
  const editor = useEditor();
  switch (state.kind) {
    case "running":
      return (
        <Button className={styles.trainButton} onClick={() => void editor.cancelJob()}>
          Cancel
        </Button>
      );
    case "apply-only":
      return (
        <Tooltip label="Segment this image with the loaded classifier">
          <Button className={styles.trainButton} variant="filled" onClick={() => void editor.apply()}>
            Segment
          </Button>
        </Tooltip>
      );
    case "needs-labels":
      return (
        <Tooltip label="Mark a few pixels of at least two classes first">
          <Button
            className={styles.trainButton}
            data-disabled
            aria-disabled
            onClick={(event) => event.preventDefault()}
          >
            Train
          </Button>
        </Tooltip>
      );
    case "ready":
      return (
        <Tooltip label={`Learn from the labels and segment the image · ${shortcutOf("train")}`}>
          <Button className={styles.trainButton} variant="filled" onClick={() => void editor.train()}>
            Train
          </Button>
        </Tooltip>
      );
  }
}
