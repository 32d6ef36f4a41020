// The question over the image while points are checked, with a button for each answer; after the last answer the sheet
// with the numbers opens.

import { ActionIcon, Kbd, Tooltip, UnstyledButton } from "@mantine/core";
import { IconChevronLeft, IconX } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useEditor, useEditorState } from "../app/editorContext";
import { shortcutOf } from "../panels/shortcuts";
import { useUi } from "../panels/uiState";
import type { ClassInfo, PointAnswer, PointCheckStatus } from "../state/contract";
import styles from "./pointCheck.module.css";

const NO_CLASSES: ClassInfo[] = [];
const MOST_KEYS = 9;

export function PointCheckBar() {
  const status = useEditorState((state) => state.pointCheck);
  return status && <Question key={status.id} status={status} />;
}

function Question({ status }: { status: PointCheckStatus }) {
  const editor = useEditor();
  const bar = useRef<HTMLDivElement>(null);
  const { points, at, unstored } = status;
  // The keys are the bar's from now on, whatever had the focus.
  useEffect(() => bar.current?.focus({ preventScroll: true }), []);
  const isDone = at === null && unstored === 0;
  useEffect(() => {
    if (!isDone) return;
    editor.stopPointCheck();
    useUi.getState().openSheet({ kind: "pointCheck" });
  }, [editor, isDone]);
  return (
    <div ref={bar} className={styles.bar} role="toolbar" aria-label="Check by points" tabIndex={-1}>
      <div className={styles.head}>
        <Tooltip label={`Point before · ${shortcutOf("pointBefore")}`}>
          <ActionIcon
            size={22}
            aria-label="Point before"
            data-disabled={at === 0}
            aria-disabled={at === 0}
            onClick={editor.pointBefore}
          >
            <IconChevronLeft size={15} />
          </ActionIcon>
        </Tooltip>
        <span className={styles.question} role="status">
          {at === null ? (
            "Storing the last answers…"
          ) : (
            <>
              <span className={styles.count}>
                Point {at + 1} of {points.length}
              </span>
              <span aria-hidden> · </span>
              Which class is under the cross?
            </>
          )}
        </span>
        <Tooltip label={`Stop; the answers are kept · ${shortcutOf("stopChecking")}`}>
          <ActionIcon size={22} aria-label="Stop checking" onClick={() => editor.stopPointCheck()}>
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Answers given={points[at ?? -1]?.answer ?? null} />
    </div>
  );
}

function Answers({ given }: { given: PointAnswer | null }) {
  const editor = useEditor();
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  return (
    <div className={styles.answers}>
      <div className={styles.classes}>
        {classes.map(({ id, name, colour }, place) => (
          <Answer
            key={id}
            name={name}
            shortcut={place < MOST_KEYS ? String(place + 1) : null}
            isGiven={given === id}
            onGive={() => editor.answerPoint(id)}
          >
            <span className={styles.swatch} style={{ background: colour }} />
          </Answer>
        ))}
      </div>
      <Answer
        name="Can’t tell"
        shortcut={shortcutOf("answerUnsure")}
        isGiven={given === "unsure"}
        onGive={() => editor.answerPoint("unsure")}
      />
    </div>
  );
}

interface AnswerProps {
  name: string;
  shortcut: string | null;
  isGiven: boolean;
  onGive: () => void;
  children?: React.ReactNode;
}

function Answer({ name, shortcut, isGiven, onGive, children }: AnswerProps) {
  return (
    <UnstyledButton
      className={styles.answer}
      aria-label={name}
      aria-keyshortcuts={shortcut ?? undefined}
      aria-pressed={isGiven}
      title={name}
      onClick={onGive}
    >
      {children}
      <span className={styles.answerName}>{name}</span>
      {shortcut && <Kbd size="xs">{shortcut}</Kbd>}
    </UnstyledButton>
  );
}
