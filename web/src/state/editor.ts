// The editor: joins canvas, tools, labelling, outbox and jobs behind the one interface of `contract.ts`.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { ApiError } from "../api/error";
import { sendOperation } from "../api/labels";
import { getProject } from "../api/projects";
import { HeldKeys } from "../canvas/heldKeys";
import { histogramOf } from "../canvas/histogram";
import { drawMinimap } from "../canvas/minimap";
import { Pointers } from "../canvas/pointers";
import { Stage } from "../canvas/stage";
import type { View } from "../canvas/view";
import { LabelAlike } from "../smart/labelAlike";
import { SmartLabelling } from "../smart/smartLabelling";
import { nextClass } from "./classList";
import type { ClassInfo, Editor, EditorPreferences, EditorState, OverlayView } from "./contract";
import { emptyProjectState, initialState, rememberPreferences } from "./initialState";
import { answerKey } from "./keyActions";
import { Notices } from "./notices";
import { Outbox, type OutboxEntry, type OutboxListener } from "./outbox";
import { IndexedDbOutbox } from "./outboxStorage";
import { ProjectActions } from "./projectActions";
import { Session, type SessionHost } from "./session";
import { ToolControl } from "./toolControl";

const OVERLAY_CYCLE: readonly OverlayView[] = ["both", "segmentation", "labels", "none"];

class EditorCore {
  readonly store: StoreApi<EditorState> = createStore(() => initialState());
  readonly notices = new Notices(this.store);
  readonly held = new HeldKeys();
  readonly stage: Stage;
  readonly smart: SmartLabelling;
  readonly alike: LabelAlike;
  readonly tools: ToolControl;
  readonly outbox: Outbox;
  readonly actions: ProjectActions;
  session: Session | null = null;
  /** The project that is open or being opened. */
  #wantedId: string | null = null;
  readonly #viewListeners = new Set<() => void>();
  #lastSeq = 0;
  #drawnView: View | null = null;
  /** A new one for each page, so that a duplicated tab is never taken for this one. */
  readonly #clientId = crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((id, byte) => id + byte.toString(16).padStart(2, "0"), "");

  constructor() {
    this.stage = new Stage({
      preview: (canvas) => this.tools.preview(canvas),
      frame: (milliseconds) => this.#frame(milliseconds),
      picture: () => this.tools.followPicture(),
      drawn: () => this.#drawn(),
    });
    const session = (): Session | null => this.session;
    this.outbox = new Outbox({ storage: new IndexedDbOutbox(), send: sendOperation, listener: this.#outboxListener() });
    this.smart = new SmartLabelling({
      store: this.store,
      notices: this.notices,
      view: () => this.stage.view,
      redraw: () => this.tools.redraw(),
    });
    this.alike = new LabelAlike({
      store: this.store,
      notices: this.notices,
      project: () => this.smart.project,
      view: () => this.stage.view,
      stored: (projectId) => this.outbox.emptied(projectId),
      redraw: () => this.tools.redraw(),
    });
    const { smart, alike } = this;
    this.tools = new ToolControl({ ...this.#parts(), smart, alike, session, isPanHeld: () => this.held.isPanHeld });
    this.actions = new ProjectActions({ ...this.#parts(), session, view: () => this.stage.view });
    this.store.subscribe((state, before) => {
      const isSame = state.cropRectangle === before.cropRectangle && state.activeClassId === before.activeClassId;
      if (!isSame) this.tools.redraw();
    });
  }

  mount(container: HTMLElement): () => void {
    const mounted = new AbortController();
    const canvas = this.stage.mount(container, mounted.signal);
    new Pointers(canvas, this.tools).listen(mounted.signal);
    const { signal } = mounted;
    const release = (): void => {
      this.held.releaseAll();
      this.tools.redraw();
    };
    window.addEventListener(
      "keyup",
      (event) => {
        this.held.release(event);
        this.tools.redraw();
      },
      { signal },
    );
    // Alt means "not this" over the image; the browser would open its menu for it.
    const keepAlt = (event: KeyboardEvent): void => {
      if (event.key === "Alt" && this.tools.pointer && this.store.getState().tool === "smart") event.preventDefault();
    };
    window.addEventListener("keydown", keepAlt, { signal });
    window.addEventListener("keyup", keepAlt, { signal });
    window.addEventListener("blur", release, { signal });
    window.addEventListener("online", () => this.outbox.wake(), { signal });
    return () => {
      release();
      mounted.abort();
    };
  }

  async openProject(projectId: string): Promise<void> {
    if (this.#wantedId === projectId) return;
    this.closeProject();
    this.#wantedId = projectId;
    this.store.setState({ loading: true });
    this.notices.clear("open");
    try {
      // What an earlier page left behind goes first, so that the labels come back with it.
      await this.outbox.settled(projectId);
      await this.outbox.exclusive(() => this.#open(projectId));
    } catch (failure) {
      if (this.#wantedId !== projectId) return;
      this.#wantedId = null;
      this.notices.report("open", failure);
    } finally {
      if (this.#wantedId === projectId || this.#wantedId === null) this.store.setState({ loading: false });
    }
  }

  async #open(projectId: string): Promise<void> {
    const project = await getProject(projectId);
    if (this.#wantedId !== projectId) return;
    const identity = { clientId: this.#clientId, nextSeq: () => ++this.#lastSeq };
    const smartProgressed: SessionHost["smartProgressed"] = (progress) => this.smart.progressed(progress);
    this.session = new Session(project, { ...this.#parts(), identity, smartProgressed });
    this.smart.open({ id: project.id, scene: this.session.scene });
    await this.session.labelling.restart(project);
  }

  closeProject(): void {
    this.#wantedId = null;
    if (!this.session) return;
    this.tools.cancel();
    this.smart.close();
    this.alike.drop();
    this.session.close();
    this.session = null;
    this.store.setState({ ...emptyProjectState(), notices: [] });
  }

  set(preferences: Partial<EditorPreferences>): void {
    const before = this.store.getState();
    if (preferences.tool && preferences.tool !== before.tool) this.tools.leave(before.tool);
    const shown = preferences.overlayView ?? before.overlayView;
    const hidesEdits = preferences.postProcess && (shown === "labels" || shown === "none");
    this.store.setState({
      ...preferences,
      ...(hidesEdits && { overlayView: shown === "labels" ? "both" : "segmentation" }),
    });
    rememberPreferences(this.store.getState());
    this.tools.redraw();
  }

  cycleOverlay(): void {
    const { overlayView } = this.store.getState();
    const next = OVERLAY_CYCLE[(OVERLAY_CYCLE.indexOf(overlayView) + 1) % OVERLAY_CYCLE.length];
    if (next) this.set({ overlayView: next });
  }

  /** Undo gives up what is being drawn first. */
  step(direction: "undo" | "redo"): void {
    if (this.tools.cancel() || !this.session) return;
    const { canUndo, canRedo } = this.session.labelling.history;
    if (direction === "undo" ? canUndo : canRedo) this.session.labelling[direction]();
  }

  addClass(): void {
    if (!this.session) return;
    const { classes } = this.session.labelling;
    const added = nextClass(classes);
    if (!added) {
      this.notices.show("classes", "info", "All 255 class ids are taken.", "Delete a class first.");
      return;
    }
    this.setClasses([...classes, added]);
    this.set({ activeClassId: added.id });
  }

  setClasses(classes: ClassInfo[]): void {
    this.tools.cancel();
    this.session?.labelling.setClasses(classes);
  }

  clearLabels(classId: number | null): void {
    this.tools.cancel();
    this.session?.labelling.clear(this.store.getState().postProcess ? "edits" : "labels", classId);
  }

  onViewChange(listener: () => void): () => void {
    this.#viewListeners.add(listener);
    return () => this.#viewListeners.delete(listener);
  }

  #parts() {
    return { store: this.store, stage: this.stage, notices: this.notices, outbox: this.outbox };
  }

  #frame(milliseconds: number): boolean {
    const distance = this.session && this.held.distance(milliseconds);
    if (distance) this.tools.panBy(distance.dx, distance.dy);
    return distance !== null;
  }

  #drawn(): void {
    const { zoom } = this.stage.view;
    if (zoom !== this.store.getState().zoom) this.store.setState({ zoom });
    if (this.stage.view !== this.#drawnView) this.smart.viewChanged();
    this.#drawnView = this.stage.view;
    for (const listener of this.#viewListeners) listener();
  }

  #outboxListener(): OutboxListener {
    const sessionOf = (projectId: string): Session | null =>
      this.session?.projectId === projectId ? this.session : null;
    return {
      revisionOf: (projectId) => sessionOf(projectId)?.labelling.revision ?? null,
      acknowledged: async (entry, ack) => sessionOf(entry.projectId)?.acknowledged(entry, ack),
      rejected: (entry, error) => this.#rejected(entry, error, sessionOf(entry.projectId)),
      changed: () => this.#outboxChanged(),
    };
  }

  async #rejected(entry: OutboxEntry, error: ApiError, session: Session | null): Promise<void> {
    const place = entry.operation.kind === "classes" ? "classes" : "labels";
    this.notices.show(place, "error", `A step was refused: ${error.message}`, error.hint);
    await session?.rejected(entry);
  }

  #outboxChanged(): void {
    const { size, failure, isKept } = this.outbox;
    this.store.setState({
      unsavedOperations: size,
      saveState: size === 0 ? "saved" : failure && isKept ? "browser" : "saving",
    });
    // Not reaching the server at all is told by the connection; what it refuses for now is told here.
    if (failure && failure.status !== 0) this.notices.show("save", "error", failure.message, failure.hint);
    else if (size === 0) this.notices.clear("save");
    this.session?.publish();
  }
}

export function createEditor(): Editor {
  const core = new EditorCore();
  const { store, stage, tools, actions, held } = core;
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
    undo: () => core.step("undo"),
    redo: () => core.step("redo"),
    addClass: () => core.addClass(),
    setClasses: (classes) => core.setClasses(classes),
    clearLabels: (classId) => core.clearLabels(classId),
    train: () => actions.train(),
    apply: () => actions.apply(),
    cancelJob: () => actions.cancelJob(),
    saveSettings: (settings) => actions.saveSettings(settings),
    renameProject: (name) => actions.renameProject(name),
    importLabels: (file, mode) => actions.importLabels(file, mode),
    loadClassifier: (file) => actions.loadClassifier(file),
    download: (what, values) => actions.download(what, values),
    confirmCrop: () => actions.confirmCrop(),
    cancelCrop: () => store.setState({ cropRectangle: null }),
    dismissNotice: (id) => core.notices.dismiss(id),
    drawMinimap: (canvas) => drawMinimap(canvas, stage.scene, stage.view),
    centreOn: (x, y) => stage.setView({ ...stage.view, x, y }),
    onViewChange: (listener) => core.onViewChange(listener),
    histogram: (channel) => {
      const range = store.getState().project?.image.value_range[channel] ?? { low: 0, high: 255 };
      if (!stage.scene) return new Float64Array(256);
      return histogramOf(stage.scene.image, channel, range.low, range.high);
    },
    frameTimes: () => stage.frameTimes,
    clearSmartPoints: () => tools.leave("smart"),
    findAlike: () => {
      core.set({ tool: "smart" });
      return core.alike.find();
    },
    setAlikeThreshold: (threshold) => core.alike.setThreshold(threshold),
    acceptAlike: () => void (core.alike.shown && tools.key("Enter")),
    dropAlike: () => void core.alike.drop(),
    suggestionTimes: () => core.smart.times,
  };
  return editor;
}
