// Files dragged over the page: one target on the start page, four over an open project. Where they are let go says what
// is done with them.

import { useEffect, useState } from "react";
import { mayChange } from "../state/rights";
import { AS_NEW_PROJECT, intoOpenProject } from "./bringImages";
import styles from "./dropAnywhere.module.css";
import { useEditor } from "./editorContext";
import { takeDropped } from "./intake/droppedFiles";
import { type Destination, useOpening } from "./opening";

interface Target {
  title: string;
  text: string;
  take: (data: DataTransfer) => void;
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/** How many files are being dragged over the window; 0 for none. Drops outside of targets are swallowed: they would leave the page. */
function useDraggedFiles(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      // Some browsers do not say how many before they are let go.
      setCount(Math.max(1, event.dataTransfer?.items.length ?? 1));
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setCount(0);
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setCount(0);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return count;
}

async function bringDropped(data: DataTransfer, destination: Destination): Promise<void> {
  await useOpening.getState().bring({ kind: "files", files: await takeDropped(data) }, destination);
}

export function DropAnywhere({ projectOpen }: { projectOpen: boolean }) {
  const editor = useEditor();
  const dragged = useDraggedFiles();
  if (dragged === 0) return null;

  const withFirst = (data: DataTransfer, take: (file: File) => Promise<void>): void => {
    const file = data.files[0];
    // A folder looks like a file that cannot be read.
    const isFolder = data.items[0]?.webkitGetAsEntry()?.isDirectory ?? false;
    if (file && !isFolder) void take(file);
  };
  const open: Target = {
    title: "Open",
    text: "as a new project",
    take: (data) => void bringDropped(data, AS_NEW_PROJECT),
  };
  const project = projectOpen && mayChange(editor.store.getState()) ? intoOpenProject(editor) : null;
  const images = project
    ? [
        open,
        {
          title: "Add images",
          text: "to this project",
          take: (data: DataTransfer) => void bringDropped(data, project),
        },
      ]
    : [open];
  const single: Target[] = [
    {
      title: "Load as labels",
      text: "added to those here",
      take: (data) => withFirst(data, (file) => editor.importLabels(file, "add")),
    },
    {
      title: "Load as classifier",
      text: "a .sambaseg file",
      take: (data) => withFirst(data, (file) => editor.loadClassifier(file)),
    },
  ];
  return (
    <div className={styles.overlay}>
      <div className={styles.images}>
        {images.map((target) => (
          <DropTarget key={target.title} {...target} />
        ))}
      </div>
      {project && dragged === 1 && (
        <div className={styles.others}>
          {single.map((target) => (
            <DropTarget key={target.title} {...target} />
          ))}
        </div>
      )}
    </div>
  );
}

function DropTarget({ title, text, take }: Target) {
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the same is reachable by menus and file dialogs
    <div
      className={styles.target}
      data-over={over}
      onDragEnter={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => take(event.dataTransfer)}
    >
      <strong>{title}</strong>
      <span>{text}</span>
    </div>
  );
}
