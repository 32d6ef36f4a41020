// The project's name, edited in place, and what can be done with the project.

import { ActionIcon, Menu, TextInput, UnstyledButton } from "@mantine/core";
import {
  IconChevronDown,
  IconCrop,
  IconFolder,
  IconFolderOpen,
  IconLayoutGrid,
  IconLibraryPhoto,
  IconPencil,
  IconPhotoPlus,
  IconUsers,
} from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useMe } from "../../accounts/me";
import { AS_NEW_PROJECT, browseThisComputer, chooseFiles, intoOpenProject } from "../../app/bringImages";
import { useEditor, useEditorState } from "../../app/editorContext";
import { useOpening } from "../../app/opening";
import { goTo } from "../../app/route";
import { useServerMode } from "../../app/serverMode";
import { mayChange } from "../../state/rights";
import { useUi } from "../uiState";
import styles from "./topBar.module.css";

export function ProjectName() {
  const editor = useEditor();
  const name = useEditorState((state) => state.project?.name ?? "");
  const may = useEditorState(mayChange);
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
      {!may && (
        <span className={styles.seenName} title={name}>
          {name}
        </span>
      )}
      {may && editing && <NameField name={name} onDone={finish} />}
      {may && !editing && (
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
  const busy = useOpening((opening) => opening.busy !== null);
  const isLocal = useServerMode((mode) => mode.isLocal);
  const may = useEditorState(mayChange);
  const hasAccount = useMe((state) => (state.me?.person ?? null) !== null);
  const { requestRename, openSheet } = useUi.getState();
  return (
    <Menu width={270} returnFocus={false}>
      <Menu.Target>
        <ActionIcon size={24} aria-label="Project menu">
          <IconChevronDown size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {may && (
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={requestRename}>
            Rename
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconCrop size={16} />} onClick={() => editor.set({ tool: "crop" })}>
          Crop to a rectangle
        </Menu.Item>
        {hasAccount && (
          <Menu.Item leftSection={<IconUsers size={16} />} onClick={() => openSheet({ kind: "people" })}>
            People…
          </Menu.Item>
        )}
        {may && <ImageItems />}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconFolderOpen size={16} />}
          disabled={busy}
          onClick={() => void chooseFiles(AS_NEW_PROJECT)}
        >
          Open another image…
        </Menu.Item>
        {isLocal && (
          <Menu.Item
            leftSection={<IconFolderOpen size={16} />}
            disabled={busy}
            onClick={() => browseThisComputer(AS_NEW_PROJECT)}
          >
            Open from this computer…
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLayoutGrid size={16} />} onClick={() => goTo({ screen: "home" })}>
          All projects
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What can be done about the images of the project. */
function ImageItems() {
  const editor = useEditor();
  const busy = useOpening((opening) => opening.busy !== null);
  const isLocal = useServerMode((mode) => mode.isLocal);
  const add = (way: typeof browseThisComputer): void => {
    const project = intoOpenProject(editor);
    if (project) way(project);
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconLibraryPhoto size={16} />}
        onClick={() => useUi.getState().openSheet({ kind: "images" })}
      >
        Images: order, names…
      </Menu.Item>
      <Menu.Item
        leftSection={<IconPhotoPlus size={16} />}
        disabled={busy}
        onClick={() => add((project) => void chooseFiles(project))}
      >
        Add images…
      </Menu.Item>
      {isLocal && (
        <Menu.Item leftSection={<IconFolder size={16} />} disabled={busy} onClick={() => add(browseThisComputer)}>
          Add images from this computer…
        </Menu.Item>
      )}
    </>
  );
}
