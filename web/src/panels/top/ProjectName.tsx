// The project's name, edited in place, and what can be done with the project.

import { ActionIcon, Menu, TextInput, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconCrop, IconFolderOpen, IconLayoutGrid, IconPencil } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useEditor, useEditorState } from "../../app/editorContext";
import { useOpening } from "../../app/opening";
import { goTo } from "../../app/route";
import { useUi } from "../uiState";
import styles from "./topBar.module.css";

export function ProjectName() {
  const editor = useEditor();
  const name = useEditorState((state) => state.project?.name ?? "");
  const requests = useUi((ui) => ui.renameRequests);
  const [editing, setEditing] = useState(false);
  const seen = useRef(requests);

  useEffect(() => {
    if (requests !== seen.current) setEditing(true);
    seen.current = requests;
  }, [requests]);

  const finish = (text: string | null): void => {
    setEditing(false);
    const trimmed = text?.trim();
    if (trimmed && trimmed !== name) void editor.renameProject(trimmed);
  };

  return (
    <div className={styles.name}>
      {editing ? (
        <NameField name={name} onDone={finish} />
      ) : (
        <UnstyledButton
          className={styles.nameButton}
          aria-label={`Rename project ${name}`}
          title={name}
          onClick={() => setEditing(true)}
        >
          {name || "…"}
        </UnstyledButton>
      )}
      <ProjectMenu />
    </div>
  );
}

function NameField({ name, onDone }: { name: string; onDone: (text: string | null) => void }) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  return (
    <TextInput
      ref={field}
      className={styles.nameInput}
      aria-label="Project name"
      maxLength={120}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => onDone(text)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onDone(text);
        if (event.key === "Escape") onDone(null);
      }}
    />
  );
}

function ProjectMenu() {
  const editor = useEditor();
  const pickImage = useOpening((opening) => opening.pick);
  const requestRename = useUi((ui) => ui.requestRename);
  return (
    <Menu width={220} returnFocus={false}>
      <Menu.Target>
        <ActionIcon size={24} aria-label="Project menu">
          <IconChevronDown size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={requestRename}>
          Rename
        </Menu.Item>
        <Menu.Item leftSection={<IconCrop size={16} />} onClick={() => editor.set({ tool: "crop" })}>
          Crop to a rectangle
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconFolderOpen size={16} />} onClick={() => void pickImage()}>
          Open another image…
        </Menu.Item>
        <Menu.Item leftSection={<IconLayoutGrid size={16} />} onClick={() => goTo({ screen: "home" })}>
          All projects
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
