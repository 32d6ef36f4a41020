// The editor as the page sees it: the one interface of `contract.ts` before the parts that `editorCore.ts` joins.

import type { ApiError } from "../api/error";
import { histogramOf } from "../canvas/histogram";
import { drawMinimap } from "../canvas/minimap";
import type { Editor } from "./contract";
import { EditorCore } from "./editorCore";
import { answerKey } from "./keyActions";
import { ifMayChange, mayChange } from "./rights";
import { viewportOf } from "./viewport";

/** `isToldInFront`: see `Notices`. */
export function createEditor(isToldInFront?: (failure: ApiError) => boolean): Editor {
  const core = new EditorCore(isToldInFront);
  const { store, stage, tools, actions, held } = core;
  const ifAllowed = ifMayChange(store);
  const middle = () => ({ x: stage.view.width / 2, y: stage.view.height / 2 });
  const editor: Editor = {
    store,
    mount: (container) => core.mount(container),
    openProject: (projectId) => core.openProject(projectId),
    closeProject: () => core.closeProject(),
    set: (preferences) => core.set(preferences),
    handleKey: (event) => answerKey(event, { editor, tools, held }),
    fit: () => stage.fit(),
    zoomTo: (zoom) => tools.zoomAbout(middle(), zoom / stage.view.zoom),
    zoomBy: (factor) => tools.zoomAbout(tools.pointer?.screen ?? middle(), factor),
    panBy: (dx, dy) => tools.panBy(dx, dy),
    cycleOverlay: () => core.cycleOverlay(),
    showImage: (image) => core.changeImage((session) => session.showImage(image)),
    stepImage: (places) => void core.changeImage((session) => session.stepImage(places)),
    adoptProject: (project) => {
      if (core.session?.projectId === project.id) core.session.adopt(project);
    },
    undo: ifAllowed(() => core.step("undo")),
    redo: ifAllowed(() => core.step("redo")),
    addClass: ifAllowed(() => core.addClass()),
    setClasses: ifAllowed((classes) => core.setClasses(classes)),
    clearLabels: ifAllowed((classId) => core.clearLabels(classId)),
    train: ifAllowed(() => actions.train()),
    apply: ifAllowed(() => actions.apply()),
    applyAll: ifAllowed((again) => actions.applyAll(again)),
    setLive: ifAllowed((on) => core.session?.live.set(on)),
    whenStored: async () => {
      await core.checking.settled();
      await actions.whenStored();
    },
    cancelJob: ifAllowed(() => actions.cancelJob()),
    saveSettings: ifAllowed((settings) => actions.saveSettings(settings)),
    previewCleaning: (steps) => core.cleaning.show(steps),
    setCleaning: async (steps) => (mayChange(store.getState()) ? actions.setCleaning(steps) : null),
    renameProject: ifAllowed((name) => actions.renameProject(name)),
    importLabels: ifAllowed((file, mode) => actions.importLabels(file, mode)),
    loadClassifier: ifAllowed((file) => actions.loadClassifier(file)),
    download: (what, values) => actions.download(what, values),
    confirmCrop: () => actions.confirmCrop(),
    cancelCrop: () => store.setState({ cropRectangle: null }),
    dismissNotice: (id) => core.notices.dismiss(id),
    drawMinimap: (canvas) => drawMinimap(canvas, stage.scene, stage.view),
    centreOn: (x, y) => stage.setView({ ...stage.view, x, y }),
    viewport: () => viewportOf(stage.view),
    onViewChange: (listener) => core.onViewChange(listener),
    histogram: (channel) => {
      const range = store.getState().project?.image.value_range[channel] ?? { low: 0, high: 255 };
      if (!stage.scene) return new Float64Array(256);
      return histogramOf(stage.scene.image, channel, range.low, range.high);
    },
    frameTimes: () => stage.frameTimes,
    clearSmartPoints: () => tools.leave("smart"),
    findAlike: ifAllowed(() => {
      core.set({ tool: "smart" });
      return core.alike.find();
    }),
    setAlikeThreshold: (threshold) => core.alike.setThreshold(threshold),
    acceptAlike: () => void (core.alike.shown && tools.key("Enter")),
    dropAlike: () => void core.alike.drop(),
    whereNext: (step) => {
      core.checking.stop();
      return core.guide.go(step);
    },
    showPlace: (at) => {
      core.checking.stop();
      return core.guide.show(at);
    },
    leavePlace: () => core.guide.leave(),
    checkPoints: (image, check) => core.checking.begin(image, check),
    answerPoint: (answer) => core.checking.answer(answer),
    pointBefore: () => core.checking.back(),
    stopPointCheck: () => core.checking.stop(),
    suggestionTimes: () => core.smart.times,
    viewProgress: () => stage.progress,
  };
  return editor;
}
