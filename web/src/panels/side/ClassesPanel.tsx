// The classes: choose, rename, recolour, lock, delete, add.

import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useCallback, useState } from "react";
import { useEditor, useEditorState } from "../../app/editorContext";
import type { ClassInfo, Editor } from "../../state/contract";
import { mayChange } from "../../state/rights";
import { NoticeList } from "../NoticeList";
import { ClassRow, SeenClass } from "./ClassRow";
import { DeletedClass } from "./DeletedClass";
import { PALETTES, withPalette } from "./palettes";
import { Section } from "./Section";
import styles from "./side.module.css";

const NO_CLASSES: ClassInfo[] = [];

/** The list with one class changed; null takes it out. */
function changed(classes: ClassInfo[], id: number, change: Partial<ClassInfo> | null): ClassInfo[] {
  if (!change) return classes.filter((info) => info.id !== id);
  return classes.map((info) => (info.id === id ? { ...info, ...change } : info));
}

export function ClassesPanel() {
  return useEditorState(mayChange) ? <EditedClasses /> : <SeenClasses />;
}

/** For those who may only look. */
function SeenClasses() {
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  return (
    <Section title="Classes">
      <ul className={styles.classes}>
        {classes.map((info) => (
          <SeenClass key={info.id} info={info} />
        ))}
      </ul>
    </Section>
  );
}

function EditedClasses() {
  const editor = useEditor();
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  const [deleted, setDeleted] = useState<string | null>(null);
  const forgetDeleted = useCallback(() => setDeleted(null), []);

  const remove = (info: ClassInfo): void => {
    editor.setClasses(changed(classes, info.id, null));
    const next = classes.find(({ id }) => id !== info.id);
    if (editor.store.getState().activeClassId === info.id && next) editor.set({ activeClassId: next.id });
    setDeleted(info.name);
  };

  return (
    <Section title="Classes" tour="classes" actions={<ClassesMenu />}>
      <ul className={styles.classes}>
        {classes.map((info, index) => (
          <ClassRow
            key={info.id}
            info={info}
            shortcut={index < 9 ? index + 1 : null}
            removable={classes.length > 1}
            onChange={(change) => editor.setClasses(changed(classes, info.id, change))}
            onRemove={() => remove(info)}
          />
        ))}
      </ul>
      <Button
        variant="subtle"
        color="gray"
        className={styles.add}
        leftSection={<IconPlus size={15} aria-hidden />}
        disabled={classes.length === 0 || classes.length >= 255}
        onClick={editor.addClass}
      >
        Add class
      </Button>
      {deleted !== null && <DeletedClass name={deleted} onClose={forgetDeleted} />}
      <NoticeList places={["classes"]} />
    </Section>
  );
}

function ClassesMenu() {
  const editor = useEditor();
  const postProcess = useEditorState((state) => state.postProcess);
  const layer = postProcess ? "edits" : "labels";
  return (
    <Menu position="bottom-end" width={240}>
      <Tooltip label="Colours and clearing">
        <Menu.Target>
          <ActionIcon size={24} aria-label="Classes menu">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <Menu.Label>Colours</Menu.Label>
        {PALETTES.map((palette) => (
          <Menu.Item key={palette.id} onClick={() => recolour(editor, palette.id)}>
            {palette.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => editor.clearLabels(editor.store.getState().activeClassId)}>
          Clear {layer} of the chosen class
        </Menu.Item>
        <Menu.Item onClick={() => editor.clearLabels(null)}>Clear all {layer}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function recolour(editor: Editor, paletteId: string): void {
  const palette = PALETTES.find(({ id }) => id === paletteId);
  const classes = editor.store.getState().project?.classes;
  if (palette && classes) editor.setClasses(withPalette(classes, palette));
}
