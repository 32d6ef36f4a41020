// The parts of the editor, joined: canvas, tools, labelling, outbox and jobs; `editor.ts` is its one interface.

import { createStore, type StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import { sendOperation } from "../api/labels";
import { getProject } from "../api/projects";
import { HeldKeys } from "../canvas/heldKeys";
import { Pointers } from "../canvas/pointers";
import { Stage } from "../canvas/stage";
import type { TileStore } from "../canvas/tileStore";
import type { View } from "../canvas/view";
import { CleaningPreview } from "../cleaning/preview";
import { WhereNext } from "../guidance/whereNext";
import { PointChecking } from "../pointCheck/pointChecking";
import { LabelAlike } from "../smart/labelAlike";
import { SmartLabelling } from "../smart/smartLabelling";
import { nextClass } from "./classList";
import type { ClassInfo, EditorPreferences, EditorState, Project } from "./contract";
import { isBroken } from "./imageList";
import { emptyProjectState, initialState, rememberPreferences } from "./initialState";
import { Notices } from "./notices";
import { Outbox, type OutboxEntry, type OutboxListener } from "./outbox";
import { IndexedDbOutbox } from "./outboxStorage";
import { OVERLAY_VIEWS, showingSegmentation } from "./overlayViews";
import { ProjectActions } from "./projectActions";
import { recallImage } from "./projectMemory";
import { followRights, forLooking, mayChange } from "./rights";
import { Session } from "./session";
import { ToolControl } from "./toolControl";
import { toolInUse } from "./toolInUse";

export class EditorCore {
  readonly store: StoreApi<EditorState> = createStore(() => initialState());
  readonly notices: Notices;
  readonly held = new HeldKeys();
  readonly stage: Stage;
  readonly smart: SmartLabelling;
  readonly alike: LabelAlike;
  readonly guide: WhereNext;
  readonly checking: PointChecking;
  readonly cleaning: CleaningPreview;
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

  constructor(isToldInFront?: (failure: ApiError) => boolean) {
    this.notices = new Notices(this.store, isToldInFront);
    this.stage = new Stage({
      preview: (canvas) => {
        this.guide.draw(canvas);
        this.checking.draw(canvas);
        this.tools.preview(canvas);
      },
      frame: (milliseconds) => this.#frame(milliseconds),
      picture: () => this.tools.followPicture(),
      drawn: () => this.#drawn(),
      ahead: () => this.session?.ahead() ?? [],
    });
    this.stage.requests.onFailure = (store, failure) => this.#tileFailed(store, failure);
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
    this.guide = new WhereNext({
      store: this.store,
      notices: this.notices,
      stage: this.stage,
      stored: (projectId) => this.outbox.emptied(projectId),
      showImage: (image) => this.changeImage((open) => open.showImage(image)),
    });
    this.checking = new PointChecking({
      store: this.store,
      notices: this.notices,
      stage: this.stage,
      stored: (projectId) => this.outbox.emptied(projectId),
      leaveTools: () => {
        this.tools.cancel();
        this.alike.drop();
        this.guide.leave();
      },
    });
    this.cleaning = new CleaningPreview(this);
    const { smart, alike } = this;
    this.tools = new ToolControl({ ...this.#parts(), smart, alike, session, isPanHeld: () => this.held.isPanHeld });
    this.actions = new ProjectActions({ ...this.#parts(), session, view: () => this.stage.view });
    this.store.subscribe((state, before) => {
      const isSame = state.cropRectangle === before.cropRectangle && state.activeClassId === before.activeClassId;
      if (!isSame) this.tools.redraw();
    });
    followRights(this.store, {
      leave: () => {
        this.tools.cancel();
        this.alike.drop();
      },
      choose: (tool) => this.set({ tool }),
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
    const project = await this.#fetchProject(projectId);
    if (this.#wantedId !== projectId) return;
    this.session = new Session(project, {
      ...this.#parts(),
      identity: { clientId: this.#clientId, nextSeq: () => ++this.#lastSeq },
      smartProgressed: (progress) => this.smart.progressed(progress),
      imageShown: (session) => this.#imageShown(session),
      gone: (session) => this.#gone(session),
    });
    this.smart.open({ id: project.id, image: this.session.image, scene: this.session.scene });
    await this.session.labelling.restart(this.session.image, project);
  }

  /** With the image that was shown last, if it is still there. */
  async #fetchProject(projectId: string): Promise<Project> {
    const image = recallImage(projectId);
    if (image === null) return getProject(projectId);
    return getProject(projectId, image).catch((failure: unknown) => {
      if (failure instanceof ApiError && failure.status === 404) return getProject(projectId);
      throw failure;
    });
  }

  /** What was being drawn or proposed belonged to the image before. */
  #imageShown(session: Session): void {
    this.tools.cancel();
    this.alike.drop();
    this.tools.followPicture();
    this.smart.show({ id: session.projectId, image: session.image, scene: session.scene });
  }

  /** The image's own pixels cannot be had, and trying again will hardly help: its file is broken, gone or changed. */
  #tileFailed(store: TileStore, failure: unknown): void {
    if (this.cleaning.failed(store, failure)) return;
    const { images, image } = this.store.getState();
    const isToldOf = images.some((one) => one.id === image && isBroken(one));
    const isShown = store === this.stage.scene?.image;
    if (isShown && !isToldOf && failure instanceof ApiError && failure.status !== 0)
      this.notices.report("image", failure);
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

  /** The project was deleted, or is not shared with this person any more. */
  #gone(session: Session): void {
    if (session !== this.session) return;
    this.closeProject();
    this.notices.show(
      "open",
      "error",
      "This project is not there for you any more.",
      "It was deleted, or its owner does not share it with you any longer.",
    );
  }

  set(wanted: Partial<EditorPreferences>): void {
    const before = this.store.getState();
    const preferences = mayChange(before) ? wanted : forLooking(wanted);
    if (preferences.tool && preferences.tool !== toolInUse(before)) this.checking.stop();
    if (preferences.tool && preferences.tool !== before.tool) this.tools.leave(before.tool);
    const shown = preferences.overlayView ?? before.overlayView;
    this.store.setState({
      ...preferences,
      ...(preferences.postProcess && { overlayView: showingSegmentation(shown) }),
    });
    rememberPreferences(this.store.getState());
    this.tools.redraw();
  }

  cycleOverlay(): void {
    const { overlayView } = this.store.getState();
    const next = OVERLAY_VIEWS[(OVERLAY_VIEWS.indexOf(overlayView) + 1) % OVERLAY_VIEWS.length];
    if (next) this.set({ overlayView: next });
  }

  /** Undo gives up what is being drawn first. A step on another image is shown before it is taken back. */
  async step(direction: "undo" | "redo"): Promise<void> {
    const { session } = this;
    if (this.tools.cancel() || !session) return;
    const { canUndo, canRedo } = session.labelling.history;
    if (!(direction === "undo" ? canUndo : canRedo)) return;
    const image = session.labelling.imageOf(direction);
    const isThere = this.store.getState().images.some(({ id }) => id === image);
    if (image === null || image === session.image || !isThere) {
      session.labelling[direction]();
      return;
    }
    await session.showImage(image);
    // Where something else was asked for meanwhile, nothing is done behind the person's back.
    if (session === this.session && session.image === image) await this.step(direction);
  }

  async changeImage(change: (session: Session) => Promise<void>): Promise<void> {
    if (this.session && !this.tools.isPressed) await change(this.session);
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
    const layer = this.store.getState().postProcess ? "edits" : "labels";
    this.session?.labelling.clear(this.session.image, layer, classId);
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
    this.session?.drawn();
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
    if (failure && failure.status !== 0) this.notices.report("save", failure);
    else if (size === 0) this.notices.clear("save");
    this.session?.publish();
  }
}
