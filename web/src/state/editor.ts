// The editor: joins canvas, tools, labels, outbox and jobs behind the one interface of `contract.ts`.

import { createStore } from "zustand/vanilla";
import type { Editor, EditorState } from "./contract";

export function initialState(): EditorState {
  return {
    project: null,
    loading: false,
    tool: "brush",
    activeClassId: 1,
    brushRadiusPx: 8,
    fillTolerance: 12,
    overwrite: false,
    eraseAllClasses: false,
    postProcess: false,
    overlayView: "both",
    showUncertainty: false,
    opacity: { labels: 0.75, segmentation: 0.45, uncertainty: 0.6 },
    contrast: [],
    shownChannel: null,
    zoom: 1,
    hover: null,
    saveState: "saved",
    unsavedOperations: 0,
    history: { canUndo: false, canRedo: false, undoName: null, redoName: null },
    labelledPixels: {},
    job: null,
    result: null,
    cropRectangle: null,
    notices: [],
  };
}

export function createEditor(): Editor {
  const store = createStore<EditorState>(() => initialState());
  const nothing = (): void => {};
  const later = async (): Promise<void> => {};
  return {
    store,
    mount: () => nothing,
    openProject: later,
    closeProject: nothing,
    set: (preferences) => store.setState(preferences),
    handleKey: () => false,
    fit: nothing,
    zoomTo: nothing,
    zoomBy: nothing,
    panBy: nothing,
    cycleOverlay: nothing,
    undo: nothing,
    redo: nothing,
    addClass: nothing,
    setClasses: nothing,
    clearLabels: nothing,
    train: later,
    apply: later,
    cancelJob: later,
    saveSettings: later,
    renameProject: later,
    importLabels: later,
    loadClassifier: later,
    download: later,
    confirmCrop: async () => null,
    cancelCrop: nothing,
    dismissNotice: nothing,
    drawMinimap: nothing,
    centreOn: nothing,
    onViewChange: () => nothing,
    histogram: () => new Float64Array(256),
    frameTimes: () => [],
  };
}
