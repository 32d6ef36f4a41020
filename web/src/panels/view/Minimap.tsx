// The whole image in small at the lower left; a click or drag in it moves the view. Hidden while all of the image is seen.

import { type PointerEvent, useEffect, useRef, useState } from "react";
import { useEditor, useEditorParts } from "../../app/editorContext";
import styles from "./canvasView.module.css";

const LONG_SIDE_PX = 132;

export function Minimap() {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useEditorParts((state) => ({
    width: state.project?.image.width ?? 1,
    height: state.project?.image.height ?? 1,
  }));
  const idle = useWholeImageSeen(canvas, width, height);
  useRedraw(canvas);

  const scale = LONG_SIDE_PX / Math.max(width, height);
  const size = { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) };
  const moveTo = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    editor.centreOn(
      ((event.clientX - box.left) / box.width) * width,
      ((event.clientY - box.top) / box.height) * height,
    );
  };
  return (
    <canvas
      ref={canvas}
      className={styles.minimap}
      data-idle={idle}
      role="img"
      aria-label="Map of the whole image"
      style={size}
      width={size.width * window.devicePixelRatio}
      height={size.height * window.devicePixelRatio}
      onPointerDown={moveTo}
      onPointerMove={moveTo}
    />
  );
}

/** Draws again after the view changed, at most once a frame. */
function useRedraw(canvas: React.RefObject<HTMLCanvasElement | null>): void {
  const editor = useEditor();
  useEffect(() => {
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      if (canvas.current) editor.drawMinimap(canvas.current);
    };
    const request = (): void => {
      frame ||= requestAnimationFrame(draw);
    };
    request();
    const stop = editor.onViewChange(request);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [editor, canvas]);
}

function useWholeImageSeen(canvas: React.RefObject<HTMLCanvasElement | null>, width: number, height: number): boolean {
  const editor = useEditor();
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    const check = (): void => {
      // The canvas itself lies in a corner of the view.
      const view = canvas.current?.parentElement?.parentElement;
      if (!view) return;
      const { zoom } = editor.store.getState();
      setSeen(width * zoom <= view.clientWidth + 1 && height * zoom <= view.clientHeight + 1);
    };
    check();
    return editor.onViewChange(check);
  }, [editor, canvas, width, height]);
  return seen;
}
