// The scale bar at the lower right of the image.

import { useEditorState } from "../../app/editorContext";
import styles from "./canvasView.module.css";
import { scaleBar } from "./scaleBar";

const MAX_WIDTH_PX = 150;

export function ScaleBarView() {
  const zoom = useEditorState((state) => state.zoom);
  const pixelSizeUm = useEditorState((state) => state.project?.image.pixel_size?.x_um ?? null);
  const bar = scaleBar(pixelSizeUm, zoom, MAX_WIDTH_PX);
  if (!bar) return null;
  return (
    <div className={styles.scaleBar} role="img" aria-label={`Scale bar: ${bar.label}`}>
      {bar.label}
      <div className={styles.scaleBarLine} style={{ width: bar.widthPx }} />
    </div>
  );
}
