// The canvas and what lies over it: minimap, scale bar, messages, loading.

import { Loader } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useEditor, useEditorState } from "../../app/editorContext";
import { WhereNextBar } from "../../guidance/WhereNextBar";
import { PointCheckBar } from "../../pointCheck/PointCheckBar";
import { releaseFocus } from "../keyTarget";
import { NoticeList } from "../NoticeList";
import styles from "./canvasView.module.css";
import { ImageState } from "./ImageState";
import { Minimap } from "./Minimap";
import { ScaleBarView } from "./ScaleBarView";
import { SliceNavigator } from "./SliceNavigator";

/** A click on the image ends typing, whatever the canvas does with the press. */
function leaveField(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

export function CanvasView() {
  const editor = useEditor();
  const host = useRef<HTMLDivElement>(null);
  const loading = useEditorState((state) => state.loading);
  const ready = useEditorState((state) => state.project !== null);
  useEffect(() => (host.current ? editor.mount(host.current) : undefined), [editor]);
  return (
    <div className={styles.view}>
      <div
        ref={host}
        className={styles.host}
        role="application"
        aria-label="Micrograph"
        onPointerEnter={releaseFocus}
        onPointerDown={leaveField}
      />
      {ready && (
        <div className={styles.lowerLeft}>
          <Minimap />
          <SliceNavigator />
        </div>
      )}
      {ready && <ScaleBarView />}
      {loading && (
        <div className={styles.loading} role="status">
          <Loader size={18} color="gray" /> Opening…
        </div>
      )}
      <div className={styles.notices}>
        {ready && <ImageState />}
        {ready && <WhereNextBar />}
        {ready && <PointCheckBar />}
        <NoticeList places={["canvas", "open", "image"]} />
      </div>
    </div>
  );
}
