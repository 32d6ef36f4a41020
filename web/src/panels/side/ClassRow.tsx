// One class: colour, key, name, labelled pixels; rename, lock and delete appear under the mouse or the focus.

import { ActionIcon, TextInput, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconLock, IconLockOpen2, IconPencil, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useEditor, useEditorState } from "../../app/editorContext";
import type { ClassInfo } from "../../state/contract";
import { formatCount, formatShortCount } from "../wording/numbers";
import { ColourButton } from "./ColourButton";
import styles from "./side.module.css";

interface ClassRowProps {
  info: ClassInfo;
  /** Number key that chooses it, or null. */
  shortcut: number | null;
  removable: boolean;
  onChange: (change: Partial<ClassInfo>) => void;
  onRemove: () => void;
}

export function ClassRow({ info, shortcut, removable, onChange, onRemove }: ClassRowProps) {
  const editor = useEditor();
  const active = useEditorState((state) => state.activeClassId === info.id);
  const [editing, setEditing] = useState(false);
  const choose = (): void => editor.set({ activeClassId: info.id });
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);

  return (
    <li ref={row} className={styles.class} data-active={active} data-editing={editing || undefined}>
      <ColourButton name={info.name} colour={info.colour} onChange={(colour) => onChange({ colour })} />
      {editing ? (
        <ClassNameField
          name={info.name}
          onDone={(name) => {
            setEditing(false);
            if (name && name !== info.name) onChange({ name });
          }}
        />
      ) : (
        <UnstyledButton
          className={styles.className}
          aria-pressed={active}
          title={`Class id ${info.id}${shortcut ? ` · key ${shortcut}` : ""}`}
          onClick={choose}
          onDoubleClick={() => setEditing(true)}
          onKeyDown={(event) => event.key === "F2" && setEditing(true)}
        >
          <span className={styles.classKey}>{shortcut ?? ""}</span>
          <span className={styles.classText}>{info.name}</span>
        </UnstyledButton>
      )}
      {!editing && <LabelledCount classId={info.id} />}
      <div className={styles.classActions} data-locked={info.locked || undefined}>
        <Tooltip label="Rename · double click">
          <ActionIcon size={22} aria-label={`Rename ${info.name}`} onClick={() => setEditing(true)}>
            <IconPencil size={14} />
          </ActionIcon>
        </Tooltip>
        <LockButton info={info} onChange={onChange} />
        <Tooltip label={removable ? "Delete, with its labels" : "One class has to stay"}>
          <ActionIcon size={22} aria-label={`Delete ${info.name}`} disabled={!removable} onClick={onRemove}>
            <IconTrash size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
}

/** Colour, name and labelled pixels, where nothing of it can be changed. */
export function SeenClass({ info }: { info: ClassInfo }) {
  return (
    <li className={styles.class}>
      <span className={styles.colour} style={{ background: info.colour }} />
      <span className={styles.className} title={`Class id ${info.id}`}>
        <span className={styles.classText}>{info.name}</span>
      </span>
      <LabelledCount classId={info.id} />
    </li>
  );
}

function LockButton({ info, onChange }: Pick<ClassRowProps, "info" | "onChange">) {
  const Icon = info.locked ? IconLock : IconLockOpen2;
  return (
    <Tooltip label={info.locked ? "Locked: its labels cannot change" : "Lock its labels"}>
      <ActionIcon
        size={22}
        className={styles.lock}
        aria-label={`Lock ${info.name}`}
        aria-pressed={info.locked}
        onClick={() => onChange({ locked: !info.locked })}
      >
        <Icon size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

function LabelledCount({ classId }: { classId: number }) {
  const pixels = useEditorState((state) => state.labelledPixels[classId] ?? 0);
  const where = useEditorState((state) => (state.images.length > 1 ? " in all images" : ""));
  return (
    <span className={styles.classCount} title={`${formatCount(pixels)} labelled pixels${where}`}>
      {pixels === 0 ? "–" : formatShortCount(pixels)}
      <VisuallyHidden> labelled pixels</VisuallyHidden>
    </span>
  );
}

function ClassNameField({ name, onDone }: { name: string; onDone: (name: string | null) => void }) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  return (
    <TextInput
      ref={field}
      className={styles.classField}
      aria-label="Class name"
      maxLength={80}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => onDone(text.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter") onDone(text.trim());
        if (event.key === "Escape") onDone(null);
      }}
    />
  );
}
