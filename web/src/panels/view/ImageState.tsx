// Over the canvas: that the shown image is still being prepared, or what is wrong with its file.

import { Button, Loader } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEditorParts } from "../../app/editorContext";
import { useUi } from "../uiState";
import { formatShare } from "../wording/numbers";
import styles from "./canvasView.module.css";
import { useLasting } from "./useLasting";

/** What is over sooner is not told of. */
const QUIET_MS = 500;

export function ImageState() {
  const { state, message, progress, linked } = useEditorParts(({ images, image }) => {
    const shown = images.find(({ id }) => id === image);
    return {
      state: shown?.state ?? "ready",
      message: shown?.message ?? "",
      progress: shown?.progress ?? null,
      linked: shown?.linked ?? false,
    };
  });
  switch (state) {
    case "new":
    case "building":
      return <Preparing progress={progress} />;
    case "failed":
    case "missing":
    case "changed":
      return <Broken message={message} canBeFound={linked} />;
    case "ready":
      return null;
  }
}

function Preparing({ progress }: { progress: number | null }) {
  const isLasting = useLasting(true, QUIET_MS);
  if (!isLasting) return null;
  return (
    <div className={styles.preparing} role="status">
      <Loader size={14} color="gray" aria-hidden /> Preparing the image…
      {progress !== null && progress > 0 && ` ${formatShare(progress, 0)}`}
    </div>
  );
}

function Broken({ message, canBeFound }: { message: string; canBeFound: boolean }) {
  const openSheet = useUi((ui) => ui.openSheet);
  return (
    <div className={styles.broken} role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <span>{message || "This image cannot be read."}</span>
      {canBeFound && <Button onClick={() => openSheet({ kind: "images" })}>Find the file…</Button>}
    </div>
  );
}
