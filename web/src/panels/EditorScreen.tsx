// The editor: bar, tools, image, panel and status around one canvas.

import { useEffect } from "react";
import { useEditor, useEditorState } from "../app/editorContext";
import { CommandPalette } from "./dialogs/CommandPalette";
import { EditorSheet } from "./dialogs/EditorSheet";
import { KeyHelp } from "./dialogs/KeyHelp";
import { Tour } from "./dialogs/Tour";
import styles from "./editorScreen.module.css";
import { OptionRow } from "./OptionRow";
import { StatusBar } from "./StatusBar";
import { SidePanel } from "./side/SidePanel";
import { ToolRail } from "./ToolRail";
import { TopBar } from "./top/TopBar";
import { useUi } from "./uiState";
import { useEditorKeys } from "./useEditorKeys";
import { CanvasView } from "./view/CanvasView";
import { ImageStrip } from "./view/ImageStrip";
import { OpenFailure } from "./view/OpenFailure";

export function EditorScreen({ projectId }: { projectId: string }) {
  const editor = useEditor();
  const failed = useEditorState(
    (state) => !state.project && !state.loading && state.notices.some(({ place }) => place === "open"),
  );
  useEffect(() => {
    void editor.openProject(projectId);
    return () => editor.closeProject();
  }, [editor, projectId]);
  useEditorKeys();
  useDocumentTitle();

  if (failed) return <OpenFailure />;
  return (
    <div className={styles.screen}>
      <TopBar />
      <ToolRail />
      <main className={styles.main}>
        <OptionRow />
        <CanvasView />
        <ImageStrip />
      </main>
      <Side />
      <StatusBar />
      <EditorSheet />
      <KeyHelp />
      <CommandPalette />
      <Tour />
    </div>
  );
}

function Side() {
  return useUi((ui) => ui.panelOpen) ? <SidePanel /> : null;
}

function useDocumentTitle(): void {
  const name = useEditorState((state) => state.project?.name);
  useEffect(() => {
    document.title = name ? `${name} – sambaseg` : "sambaseg";
    return () => {
      document.title = "sambaseg";
    };
  }, [name]);
}
