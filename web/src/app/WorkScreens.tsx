// The screens on which one works: the start page and the editor. They share one editor, which lives as long as the page.

import { useEffect } from "react";
import { isAskedToSignIn } from "../accounts/me";
import { EditorScreen } from "../panels/EditorScreen";
import type { Editor } from "../state/contract";
import { createEditor } from "../state/editor";
import { DropAnywhere } from "./DropAnywhere";
import { EditorProvider } from "./editorContext";
import { FileBrowser } from "./files/FileBrowser";
import { Home } from "./Home";
import { OpeningCard } from "./OpeningCard";
import { refreshProjectsAfterOpening } from "./opening";
import { queries } from "./queries";
import { learnServerMode } from "./serverMode";

declare global {
  interface Window {
    /** For tests and benchmarks; not there before one of these screens was shown. */
    sambaseg?: { editor: Editor };
  }
}

const editor = createEditor(isAskedToSignIn);
window.sambaseg = { editor };
// For good, since an image may still be on its way while another screen is looked at.
refreshProjectsAfterOpening(queries);

/** `projectId` is the project that is worked on; null on the start page. */
export default function WorkScreens({ projectId }: { projectId: string | null }) {
  useEffect(() => void learnServerMode(), []);
  return (
    <EditorProvider editor={editor}>
      {projectId === null ? (
        <Home />
      ) : (
        <>
          <EditorScreen key={projectId} projectId={projectId} />
          <OpeningCard />
        </>
      )}
      <DropAnywhere projectOpen={projectId !== null} />
      <FileBrowser />
    </EditorProvider>
  );
}
