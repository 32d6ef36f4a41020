// One image of the project in the list: its place, its name, its state, and what can be done with it.

import { ActionIcon, Button, Menu, TextInput, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowBarToDown,
  IconArrowBarToUp,
  IconDots,
  IconFileSearch,
  IconGripVertical,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { relinkImage, removeImage, renameImage } from "../../api/images";
import { useEditor, useEditorParts } from "../../app/editorContext";
import { useFileBrowser } from "../../app/files/fileBrowserState";
import { useServerMode } from "../../app/serverMode";
import type { ImageSummary } from "../../state/contract";
import { Thumbnail } from "../view/Thumbnail";
import styles from "./images.module.css";
import { factsOf, troubleOf } from "./imageWords";
import type { ImageChange } from "./useImageChange";

interface ImageRowProps {
  image: ImageSummary;
  /** Its place in the order, from 0. */
  place: number;
  count: number;
  change: ImageChange;
  onMove: (to: number) => void;
  onGrip: (event: PointerEvent<HTMLElement>) => void;
  dragged: boolean;
  /** Where an image that is dragged would go in. */
  gap: "above" | "below" | null;
}

export function ImageRow({ image, place, count, change, onMove, onGrip, dragged, gap }: ImageRowProps) {
  const [mode, setMode] = useState<"shown" | "renamed" | "removed">("shown");
  const more = useRef<HTMLButtonElement>(null);
  const editor = useEditor();
  const { projectId, shown } = useEditorParts((state) => ({
    projectId: state.project?.id ?? "",
    shown: state.image === image.id,
  }));
  const trouble = troubleOf(image);
  const back = (): void => setMode("shown");
  const relink = (): void => findFile(image, (path) => change((project) => relinkImage(project, image.id, path)));

  return (
    <li
      className={styles.row}
      aria-current={shown || undefined}
      data-image={image.id}
      data-dragged={dragged}
      data-gap={gap}
    >
      <ActionIcon
        className={styles.grip}
        size={26}
        aria-label={`Move ${image.name}`}
        aria-description="Drag it, or press the arrow keys, Home or End"
        disabled={count < 2}
        onPointerDown={onGrip}
        onKeyDown={(event) => {
          const to = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: count - 1 }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          onMove(to);
        }}
      >
        <IconGripVertical size={16} />
      </ActionIcon>
      {mode === "removed" ? (
        <RemoveQuestion
          name={image.name}
          onKeep={back}
          onRemove={() => change((project) => removeImage(project, image.id))}
        />
      ) : (
        <>
          <div className={styles.thumbnail}>
            <Thumbnail projectId={projectId} summary={image} />
          </div>
          <div className={styles.text}>
            {mode === "renamed" ? (
              <NameField
                name={image.name}
                onDone={(name) => {
                  back();
                  if (name) change((project) => renameImage(project, image.id, name));
                }}
              />
            ) : (
              <UnstyledButton
                className={styles.name}
                aria-label={`Show ${image.name}`}
                title={image.name}
                onClick={() => void editor.showImage(image.id)}
                onDoubleClick={() => setMode("renamed")}
                onKeyDown={(event) => event.key === "F2" && setMode("renamed")}
              >
                {image.name}
              </UnstyledButton>
            )}
            {trouble ? (
              <span className={styles.trouble} title={trouble}>
                <IconAlertTriangle size={13} aria-hidden /> <span>{trouble}</span>
              </span>
            ) : (
              <span className={styles.facts}>{factsOf(image)}</span>
            )}
          </div>
          {trouble && image.linked && <FindFile name={image.name} onFind={relink} />}
          {/* The focus goes back before a field or question that an item opens takes it. */}
          <Menu position="bottom-end" width={200} returnFocus={false} onClose={() => more.current?.focus()}>
            <Menu.Target>
              <ActionIcon ref={more} aria-label={`More for ${image.name}`}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setMode("renamed")}>
                Rename
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowBarToUp size={16} />} disabled={place === 0} onClick={() => onMove(0)}>
                Move to the beginning
              </Menu.Item>
              <Menu.Item
                leftSection={<IconArrowBarToDown size={16} />}
                disabled={place === count - 1}
                onClick={() => onMove(count - 1)}
              >
                Move to the end
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item leftSection={<IconTrash size={16} />} disabled={count < 2} onClick={() => setMode("removed")}>
                Remove…
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </li>
  );
}

/** Asks where the file of an image is now. */
function findFile(image: ImageSummary, found: (path: string) => void): void {
  useFileBrowser.getState().ask({
    title: `Where is ${image.name} now?`,
    verb: "Use this file",
    several: false,
    folder: null,
    chosen: ([path]) => path !== undefined && found(path),
  });
}

function FindFile({ name, onFind }: { name: string; onFind: () => void }) {
  const isLocal = useServerMode((mode) => mode.isLocal);
  if (!isLocal) return null;
  return (
    <Button
      size="compact-sm"
      leftSection={<IconFileSearch size={14} aria-hidden />}
      aria-label={`Find the file of ${name}`}
      onClick={onFind}
    >
      Find…
    </Button>
  );
}

function NameField({ name, onDone }: { name: string; onDone: (name: string | null) => void }) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const changed = text.trim() !== "" && text.trim() !== name ? text.trim() : null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") onDone(changed);
    if (event.key !== "Escape") return;
    // The sheet around would be closed by it.
    event.preventDefault();
    onDone(null);
  };
  return (
    <TextInput
      ref={field}
      aria-label={`Name of ${name}`}
      maxLength={255}
      value={text}
      autoFocus
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => onDone(changed)}
      onKeyDown={onKeyDown}
    />
  );
}

function RemoveQuestion({ name, onKeep, onRemove }: { name: string; onKeep: () => void; onRemove: () => void }) {
  return (
    <div
      className={styles.question}
      role="alertdialog"
      aria-label={`Remove ${name}?`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onKeep();
      }}
    >
      <p title={name}>Remove {name} with its labels and results?</p>
      <Button size="compact-sm" autoFocus onClick={onKeep}>
        Keep
      </Button>
      <Button size="compact-sm" variant="filled" color="red.8" onClick={onRemove}>
        Remove
      </Button>
    </div>
  );
}
