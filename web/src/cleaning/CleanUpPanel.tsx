// Cleaning up in the side panel: the steps, what they would do as a preview on the canvas, and doing them.

import { Button, Menu, Progress, SegmentedControl } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { CleaningStep } from "../api/cleaning";
import { useEditor, useEditorParts, useEditorState } from "../app/editorContext";
import { Section } from "../panels/side/Section";
import { useUi } from "../panels/uiState";
import type { ClassInfo, EditorState, Project } from "../state/contract";
import { mayChange } from "../state/rights";
import styles from "./cleaning.module.css";
import { StepRow } from "./StepRow";
import { KINDS, MOST_STEPS, movedStep, newStep, sameSteps, stepsText } from "./steps";
import { type Cleaning, useCleaning } from "./useCleaning";

export function CleanUpPanel() {
  const { project, may } = useEditorParts((state) => ({ project: state.project, may: mayChange(state) }));
  return project && may ? <CleanUpSection key={project.id} project={project} /> : null;
}

/** Steps are tried here, and are the project's once they are applied; until they are changed they follow the project. */
function CleanUpSection({ project }: { project: Project }) {
  const applied = project.settings.cleaning;
  const [draft, setDraft] = useState<CleaningStep[] | null>(null);
  const result = useEditorState((state) => state.result);
  const cleaning = useCleaning(project.id, `${stepsText(applied)} ${result?.id} ${result?.state}`);
  const wanted = useUi((ui) => ui.wantsCleanUp);
  const steps = draft ?? applied;
  const isThere = result?.state === "complete";

  const apply = async (wanted: CleaningStep[]): Promise<void> => {
    const isTaken = await cleaning.apply(wanted);
    if (isTaken) setDraft((now) => (now && sameSteps(now, wanted) ? null : now));
  };
  const undo = async (): Promise<void> => {
    setDraft(steps);
    await cleaning.apply([]);
  };

  if (!isThere && steps.length === 0) {
    return (
      <Section title="Clean up">
        <p className={styles.note}>After training, holes and specks can be cleaned away here.</p>
      </Section>
    );
  }
  return (
    <Section title="Clean up" wanted={wanted}>
      <StepList
        project={project}
        steps={steps}
        onChange={(changed) => setDraft(sameSteps(changed, applied) ? null : changed)}
      />
      {isThere && (steps.length > 0 || result.cleaning.length > 0) && <Shown steps={steps} />}
      <Actions
        cleaning={cleaning}
        canApply={steps.length > 0 && (!sameSteps(steps, applied) || cleaning.due > 0)}
        canUndo={applied.length > 0}
        onApply={() => void apply(steps)}
        onUndo={() => void undo()}
      />
    </Section>
  );
}

interface StepListProps {
  project: Project;
  steps: CleaningStep[];
  onChange: (steps: CleaningStep[]) => void;
}

function StepList({ project, steps, onChange }: StepListProps) {
  const classes = useEditorParts((state) => classesOf(state));
  return (
    <>
      {steps.length === 0 && <p className={styles.note}>Nothing is cleaned up. Add a step to try what it does.</p>}
      {steps.length > 0 && (
        <ol className={styles.steps} aria-label="Steps of cleaning up">
          {steps.map((step, at) => (
            <StepRow
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the list.
              key={at}
              step={step}
              place={at}
              count={steps.length}
              classes={classes}
              pixelSize={project.image.pixel_size}
              onChange={(changed) => onChange(steps.map((each, place) => (place === at ? changed : each)))}
              onMove={(to) => onChange(movedStep(steps, at, to))}
              onRemove={() => onChange(steps.filter((_, place) => place !== at))}
            />
          ))}
        </ol>
      )}
      <AddStep count={steps.length} onAdd={(step) => onChange([...steps, step])} />
    </>
  );
}

/** The classes that steps can be for: those of the result, with the names and colours that they have now. */
function classesOf({ result, project }: Pick<EditorState, "result" | "project">): ClassInfo[] {
  const current = project?.classes ?? [];
  return result ? result.classes.map((known) => current.find(({ id }) => id === known.id) ?? known) : current;
}

/** Takes the focus where cleaning up was asked for by a command, and stays in sight while the list grows. */
function AddStep({ count, onAdd }: { count: number; onAdd: (step: CleaningStep) => void }) {
  const wanted = useUi((ui) => ui.wantsCleanUp);
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) button.current?.scrollIntoView({ block: "nearest" });
    before.current = count;
  }, [count]);
  useEffect(() => {
    if (!wanted) return;
    useUi.getState().cleanUpShown();
    button.current?.focus();
  }, [wanted]);
  return (
    <Menu position="bottom-start" width={230}>
      <Menu.Target>
        <Button
          ref={button}
          className={styles.add}
          variant="subtle"
          color="gray"
          disabled={count >= MOST_STEPS}
          leftSection={<IconPlus size={15} aria-hidden />}
        >
          Add step
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map(({ kind, name, explanation }) => (
          <Menu.Item key={kind} title={explanation} onClick={() => onAdd(newStep(kind))}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

type ShownClasses = "result" | "predicted" | "preview";

/** What the canvas shows: the result as it is, the classes as predicted, or what the steps would make of them. */
function Shown({ steps }: { steps: CleaningStep[] }) {
  const editor = useEditor();
  const [shown, setShown] = useState<ShownClasses>("result");
  const { problem } = useEditorParts((state) => ({ problem: state.cleaningPreview?.problem ?? null }));
  const isPossible = steps.length > 0;
  const preview = shown === "result" || (shown === "preview" && !isPossible) ? null : shown;
  const text = preview === "preview" ? stepsText(steps) : "";
  useEffect(() => {
    editor.previewCleaning(preview === null ? null : text);
  }, [editor, preview, text]);
  useEffect(() => () => editor.previewCleaning(null), [editor]);
  return (
    <>
      <SegmentedControl
        fullWidth
        aria-label="Show"
        data={[
          { value: "result", label: "Result" },
          { value: "predicted", label: "Predicted" },
          { value: "preview", label: "Preview", disabled: !isPossible },
        ]}
        value={shown}
        onChange={(value) => setShown(value as ShownClasses)}
      />
      {problem && preview && (
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
    </>
  );
}

interface ActionsProps {
  cleaning: Cleaning;
  canApply: boolean;
  canUndo: boolean;
  onApply: () => void;
  onUndo: () => void;
}

function Actions({ cleaning: { state, due, cancel }, canApply, canUndo, onApply, onUndo }: ActionsProps) {
  if (state.kind === "cleaning") {
    return (
      <div className={styles.actions}>
        <Progress className={styles.progress} value={100 * state.share} aria-label="Cleaning up" />
        <Button onClick={cancel}>Cancel</Button>
      </div>
    );
  }
  return (
    <>
      {state.kind === "failed" && (
        <p role="alert" className={styles.problem}>
          {state.message}
        </p>
      )}
      {(canApply || canUndo) && (
        <div className={styles.actions}>
          <Button variant="filled" disabled={!canApply} onClick={onApply}>
            Apply
          </Button>
          {canUndo && <Button onClick={onUndo}>Undo cleaning</Button>}
        </div>
      )}
      {due > 0 && canUndo && (
        <p className={styles.note} role="status">
          {due === 1 ? "One segmentation is" : `${due} segmentations are`} not cleaned by these steps yet.
        </p>
      )}
    </>
  );
}
