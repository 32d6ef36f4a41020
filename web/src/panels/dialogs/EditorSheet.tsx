// The sheet that is open, if any.

import { lazy, Suspense } from "react";
import { useEditorState } from "../../app/editorContext";
import { mayChange } from "../../state/rights";
import { type Sheet as OpenSheet, useUi } from "../uiState";
import { ImagesSheet } from "./ImagesSheet";
import { SettingsSheet } from "./SettingsSheet";
import { Sheet } from "./Sheet";
import { SuggesterSheet } from "./SuggesterSheet";

const ShareSheet = lazy(() => import("../../share/ShareSheet"));
const PeopleSheet = lazy(() => import("../../accounts/PeopleSheet"));
const MeasureSheet = lazy(() => import("../../measure/MeasureSheet"));
const TrustSheet = lazy(() => import("../../trust/TrustSheet"));
const PointCheckSheet = lazy(() => import("../../pointCheck/PointCheckSheet"));
const ManualReader = lazy(() => import("../../manual/ManualReader"));

/** Of use to those who may only look. */
const FOR_LOOKING: ReadonlySet<OpenSheet["kind"]> = new Set(["people", "manual", "measure", "trust"]);

export function EditorSheet() {
  const asked = useUi((ui) => ui.sheet);
  const may = useEditorState(mayChange);
  const sheet = asked && (may || FOR_LOOKING.has(asked.kind)) ? asked : null;
  const { closeSheet, openSheet } = useUi.getState();
  const project = useEditorState((state) => state.project);
  switch (sheet?.kind) {
    case undefined:
      return null;
    case "settings":
      return project && <SettingsSheet key={project.id} project={project} onClose={closeSheet} />;
    case "images":
      return project && <ImagesSheet key={project.id} onClose={closeSheet} />;
    case "suggestions":
      return <SuggesterSheet onClose={closeSheet} />;
    case "share":
      return (
        project && (
          <Suspense fallback={null}>
            <ShareSheet key={project.id} projectId={project.id} onClose={closeSheet} />
          </Suspense>
        )
      );
    case "people":
      return (
        project && (
          <Suspense fallback={null}>
            <PeopleSheet key={project.id} projectId={project.id} onClose={closeSheet} />
          </Suspense>
        )
      );
    case "trust":
      return (
        <Suspense fallback={null}>
          <TrustSheet onClose={closeSheet} />
        </Suspense>
      );
    case "pointCheck":
      return (
        project && (
          <Suspense fallback={null}>
            <PointCheckSheet key={project.id} projectId={project.id} onClose={closeSheet} />
          </Suspense>
        )
      );
    case "measure":
      return (
        project && (
          <Suspense fallback={null}>
            <MeasureSheet key={project.id} projectId={project.id} onClose={closeSheet} />
          </Suspense>
        )
      );
    case "manual":
      return (
        <Sheet title="Manual" width={640} onClose={closeSheet}>
          <Suspense fallback={null}>
            <ManualReader page={sheet.page} onPage={(page) => openSheet({ kind: "manual", page })} />
          </Suspense>
        </Sheet>
      );
  }
}
