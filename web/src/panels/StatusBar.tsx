// The bar at the bottom: what is under the mouse, zoom, and what kind of image it is. Only this bar follows the mouse.

import { Menu, UnstyledButton } from "@mantine/core";
import { useEditor, useEditorState } from "../app/editorContext";
import type { ClassInfo } from "../state/contract";
import { ImageDetails } from "./ImageDetails";
import { PixelSizeControl } from "./PixelSizeControl";
import { shortcutOf } from "./shortcuts";
import styles from "./statusBar.module.css";
import { formatShare, formatValue, formatZoom } from "./wording/numbers";

export function StatusBar() {
  return (
    <footer className={styles.bar} role="contentinfo" aria-label="Status">
      <HoverReadout />
      <div className={styles.spring} />
      <ZoomMenu />
      <ImageDetails />
      <PixelSizeControl />
    </footer>
  );
}

const NO_CLASSES: ClassInfo[] = [];

function HoverReadout() {
  const hover = useEditorState((state) => state.hover);
  const classes = useEditorState((state) => state.project?.classes ?? NO_CLASSES);
  if (!hover) return null;
  const nameOf = (id: number): string => classes.find((info) => info.id === id)?.name ?? `Class ${id}`;
  const { labelClassId, predictedClassId, uncertainty, values } = hover;
  return (
    <>
      <span className={styles.place}>
        x {hover.x} y {hover.y}
      </span>
      <span className={styles.value}>value {values ? values.map(formatValue).join(", ") : "…"}</span>
      {predictedClassId !== null && (
        <span className={styles.class}>
          {nameOf(predictedClassId)}
          {uncertainty !== null && ` (${formatShare(1 - uncertainty, 0)})`}
        </span>
      )}
      {labelClassId !== null && <span className={styles.class}>labelled {nameOf(labelClassId)}</span>}
    </>
  );
}

const ZOOMS = [0.25, 0.5, 1, 2, 4, 8];

function ZoomMenu() {
  const editor = useEditor();
  const zoom = useEditorState((state) => state.zoom);
  return (
    <Menu position="top-end" width={150}>
      <Menu.Target>
        <UnstyledButton className={styles.item} aria-label={`Zoom ${formatZoom(zoom)}`}>
          {formatZoom(zoom)}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item rightSection={shortcutOf("fit")} onClick={editor.fit}>
          Whole image
        </Menu.Item>
        <Menu.Divider />
        {ZOOMS.map((value) => (
          <Menu.Item key={value} onClick={() => editor.zoomTo(value)}>
            {formatZoom(value)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
