// Files dragged over the page: one target on the start page, three over an open project.

import { useEffect, useState } from "react";
import styles from "./dropAnywhere.module.css";
import { useEditor } from "./editorContext";
import { useOpening } from "./opening";

interface Target {
  title: string;
  text: string;
  take: (file: File) => void;
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/** Whether files are being dragged over the window. Drops outside of targets are swallowed: they would leave the page. */
function useDragging(): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDragging(false);
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
  return dragging;
}

export function DropAnywhere({ projectOpen }: { projectOpen: boolean }) {
  const editor = useEditor();
  const open = useOpening((opening) => opening.open);
  if (!useDragging()) return null;
  const image: Target = { title: "Open", text: "as a new project", take: (file) => void open(file) };
  const targets: Target[] = projectOpen
    ? [
        image,
        { title: "Load as labels", text: "added to those here", take: (file) => void editor.importLabels(file, "add") },
        {
          title: "Load as classifier",
          text: "a .sambaseg file",
          take: (file) => void editor.loadClassifier(file),
        },
      ]
    : [image];
  return (
    <div className={styles.overlay}>
      {targets.map((target) => (
        <DropTarget key={target.title} {...target} />
      ))}
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
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        if (file) take(file);
      }}
    >
      <strong>{title}</strong>
      <span>{text}</span>
    </div>
  );
}
