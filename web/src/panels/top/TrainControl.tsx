// Train, Live, and what they are doing: text and buttons keep their places, whatever they say.

import { ActionIcon, Button, Menu, Switch, Tooltip } from "@mantine/core";
import { IconChevronDown, IconSettings } from "@tabler/icons-react";
import { useEditor, useEditorParts, useEditorState } from "../../app/editorContext";
import { mayChange } from "../../state/rights";
import { shortcutOf } from "../shortcuts";
import { useUi } from "../uiState";
import { allImagesActions } from "./allImages";
import styles from "./topBar.module.css";
import { type TrainState, trainState } from "./trainState";

function useTrainState(): TrainState {
  const facts = useEditorParts((state) => ({
    labelledPixels: state.labelledPixels,
    hasClassifier: Boolean(state.project?.classifier),
    job: state.job,
    result: state.result,
    live: state.live,
  }));
  return trainState(facts);
}

export function TrainControl() {
  const state = useTrainState();
  const openSheet = useUi((ui) => ui.openSheet);
  const may = useEditorState(mayChange);
  // Those who may only look see what others have begun.
  if (!may) return <div className={styles.train}>{state.kind === "running" && <TrainText state={state} />}</div>;
  return (
    <div className={styles.train} data-tour="train">
      <TrainText state={state} />
      <div className={styles.trainButtons}>
        <TrainButton state={state} />
        <AllImagesMenu isRunning={state.kind === "running"} />
      </div>
      <LiveSwitch />
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

/** What the classifier can do about the other images; nothing in a project of one image. */
function AllImagesMenu({ isRunning }: { isRunning: boolean }) {
  const editor = useEditor();
  const { images, job, hasClassifier } = useEditorParts((state) => ({
    images: state.images,
    job: state.job,
    hasClassifier: Boolean(state.project?.classifier),
  }));
  const actions = allImagesActions({ images, job });
  if (actions.length === 0) return null;
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <Tooltip label="All images">
          <Button className={styles.allImages} variant="default" aria-label="All images" disabled={isRunning}>
            <IconChevronDown size={14} aria-hidden />
          </Button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ words, again }) => (
          <Menu.Item key={words} disabled={!hasClassifier} onClick={() => void editor.applyAll(again)}>
            {words}
          </Menu.Item>
        ))}
        <div className={styles.menuHint}>
          {hasClassifier
            ? "Each image is segmented with the classifier as it was trained last."
            : "Train first: the classifier learns from the labels of all images."}
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}

function LiveSwitch() {
  const editor = useEditor();
  const live = useEditorState((state) => state.live);
  return (
    <Tooltip label={`Learn and segment anew after every change, what is in view first · ${shortcutOf("live")}`}>
      <Switch
        className={styles.live}
        label="Live"
        labelPosition="left"
        checked={live}
        onChange={(event) => void editor.setLive(event.currentTarget.checked)}
      />
    </Tooltip>
  );
}
