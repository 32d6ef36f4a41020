// One open project: the image that is shown and the others around it, and their labels.

import type { StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import { getProject } from "../api/projects";
import { fetchLayerTile } from "../api/tiles";
import type { Look } from "../canvas/compose";
import { type Size, TILE_PIXELS } from "../canvas/grid";
import { lookOf, looksSame } from "../canvas/look";
import type { WantedTile } from "../canvas/requestQueue";
import type { Scene } from "../canvas/scene";
import type { Stage } from "../canvas/stage";
import { boundsOf } from "../canvas/view";
import type { EditorState, Project, Schemas } from "./contract";
import type { Layers, StaleTile } from "./imageLabels";
import { imageAfter, placeOf } from "./imageList";
import { type ImageScene, ImageScenes } from "./imageScenes";
import { Labelling } from "./labelling";
import { LiveControl } from "./liveControl";
import { Neighbours } from "./neighbours";
import { followNews } from "./news";
import type { Notices } from "./notices";
import type { Outbox, OutboxEntry, OutboxListener } from "./outbox";
import { factsAround, factsOf } from "./projectFacts";
import { recallProject, rememberProject } from "./projectMemory";
import { seenTiles } from "./seenTiles";
import { viewportOf } from "./viewport";

export interface SessionHost {
  store: StoreApi<EditorState>;
  stage: Stage;
  notices: Notices;
  outbox: Outbox;
  identity: { clientId: string; nextSeq(): number };
  smartProgressed(progress: Schemas["SmartProgress"]): void;
  /** Another image is on the screen from now on. */
  imageShown(session: Session): void;
  /** The project is not there any more, or not for this person. */
  gone(session: Session): void;
}

type Acknowledgement = Parameters<OutboxListener["acknowledged"]>[1];
type OpenState = EditorState & { project: Project };

/** Fractions and what is outdated are asked for anew when nothing was stored for so long. */
const REFRESH_PAUSE_MS = 500;
const RETRY_PAUSE_MS = 3000;
const MOST_ATTEMPTS = 5;
/** A server that does not answer for so long is away. */
const ANSWER_MS = 3000;
/** Of an image that is labelled all over, no more tiles of labels are held than these while all of it is in view. */
const MOST_TILES = 4096;
/** Up to this level, a view has few enough tiles for all of them. */
const NEAR_LEVEL = 2;

export class Session {
  readonly projectId: string;
  readonly labelling: Labelling;
  readonly scenes: ImageScenes;
  readonly live: LiveControl;
  readonly #host: SessionHost;
  readonly #neighbours: Neighbours;
  readonly #stopFollowing: () => void;
  readonly #stopLooking: () => void;
  #sizes: ReadonlyMap<number, Size> = new Map();
  #shown: ImageScene;
  /** The image that is shown, or will be as soon as it can. */
  #wanted: number;
  #change: Promise<void> = Promise.resolve();
  #changing = new AbortController();
  #look: { state: OpenState; look: Look };
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(project: Project, host: SessionHost) {
    const { store, stage, outbox, identity } = host;
    this.projectId = project.id;
    this.#host = host;
    this.#wanted = project.image.id;
    this.#learnSizes(project);
    this.labelling = new Labelling({
      projectId: project.id,
      sizeOf: (image) => this.#sizes.get(image) ?? { width: 1, height: 1 },
      classes: project.classes,
      history: project.history,
      outbox,
      identity,
      fetchTile: async ({ image, layer, ty, tx }) =>
        new Uint8Array(await fetchLayerTile({ projectId: project.id, image }, layer, ty, tx)),
      choose: (stale) => this.#choose(stale),
      onChange: () => this.publish(),
    });
    store.setState({
      ...factsOf(project, this.labelling.classes),
      ...recallProject(project),
      job: project.job,
      live: project.live,
    });
    const state = store.getState() as OpenState;
    this.#look = { state, look: lookOf(state) };
    this.scenes = new ImageScenes({
      layersOf: (image) => this.#layersOf(image),
      look: (facts) => this.#lookAt(facts),
      dropped: (image) => this.labelling.forget(image),
    });
    this.live = new LiveControl({ ...host, projectId: project.id, viewport: () => viewportOf(stage.view) });
    this.#neighbours = new Neighbours({
      fetch: (image, signal) => this.#fetch(image, signal),
      isKnown: (image) => this.scenes.get(image) !== undefined,
    });
    this.#shown = this.scenes.put(project);
    this.publish();
    stage.setScene(this.scene);
    this.#expectNeighbours(1);
    this.#stopLooking = store.subscribe((now, before) => this.#followState(now, before));
    this.#stopFollowing = followNews(this, host);
  }

  /** Id of the image that is shown. */
  get image(): number {
    return this.#shown.image;
  }

  get scene(): Scene {
    return this.#shown.scene;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#refreshTimer);
    this.#changing.abort();
    this.#neighbours.close();
    this.#stopFollowing();
    this.#stopLooking();
    this.live.close();
    this.labelling.close();
    this.#host.stage.setScene(null);
  }

  /** Shows another image as soon as its picture is there; resolves then, or when another one is asked for. */
  showImage(image: number): Promise<void> {
    if (image === this.#wanted) return this.#change;
    this.#changing.abort();
    this.#changing = new AbortController();
    this.#wanted = image;
    this.#host.stage.keepScene();
    this.#host.notices.clear("image");
    const isBack = image === this.image;
    this.#host.store.setState({ switching: !isBack });
    this.#change = isBack ? Promise.resolve() : this.#changeTo(image, this.#changing.signal);
    return this.#change;
  }

  /** The image so many places further than the one that is shown, or will be. */
  stepImage(places: number): Promise<void> {
    return this.showImage(imageAfter(this.#host.store.getState().images, this.#wanted, places));
  }

  /** The view or what is in it changed, and was drawn. */
  drawn(): void {
    const { stage } = this.#host;
    this.#shown.view = stage.followsFit ? null : stage.view;
    this.labelling.fetchSeen();
    this.live.viewChanged();
  }

  /** Tiles of images that are likely to be shown next. */
  ahead(): readonly WantedTile[] {
    const { view, ratio } = this.#host.stage;
    return this.#neighbours.wanted(this.scene.grid, view, ratio, (image) => this.scenes.get(image)?.scene);
  }

  /** Puts what labelling knows into the state. */
  publish(): void {
    if (this.#closed) return;
    const { classes, history, labelledPixels } = this.labelling;
    this.#host.store.setState((state) => ({
      history,
      labelledPixels,
      ...(state.project && state.project.classes !== classes && { project: { ...state.project, classes } }),
      ...(!classes.some(({ id }) => id === state.activeClassId) && { activeClassId: classes[0]?.id ?? 1 }),
    }));
  }

  async acknowledged(entry: OutboxEntry, ack: Acknowledgement): Promise<void> {
    await this.labelling.acknowledged(entry, ack);
    this.refreshSoon();
  }

  async rejected(entry: OutboxEntry): Promise<void> {
    await this.labelling.rejected(entry);
    // What the server refuses, it and this page understood differently.
    void this.refreshUntilDone("labels too");
  }

  /** Takes over a project as the server answered it; labels and classes only after what is on its way. */
  adopt(project: Project): void {
    const { store, stage } = this.#host;
    this.#learnSizes(project);
    if (this.scenes.get(project.image.id)) this.scenes.put(project);
    if (project.image.id === this.image) store.setState(factsOf(project, this.labelling.classes));
    else store.setState(({ project: shown }) => (shown ? factsAround(project, shown) : {}));
    const isThere = (image: number): boolean => project.images.some(({ id }) => id === image);
    for (const { image } of this.scenes.all) if (!isThere(image)) this.scenes.drop(image);
    const first = project.images[0];
    if (first && !isThere(this.#wanted)) void this.showImage(first.id);
    stage.requestFrame();
  }

  /** Fetches the whole project anew, and which labels there are with it where anything may have been missed. */
  async refresh(what: "facts" | "labels too"): Promise<void> {
    const { image } = this;
    const fetchProject = async (): Promise<void> => {
      const project = await getProject(this.projectId, image);
      if (this.#closed) return;
      if (what === "labels too") {
        for (const { results } of this.scenes.all) results.doubt();
        await this.labelling.restart(image, project);
        this.#host.store.setState({ live: project.live });
      }
      this.adopt(project);
      this.#host.store.setState({ job: project.job });
    };
    await (what === "facts" ? fetchProject() : this.#host.outbox.exclusive(fetchProject));
  }

  refreshSoon(): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.refreshUntilDone("facts"), REFRESH_PAUSE_MS);
  }

  /** Refreshes, again and again while the server is away: the lost connection tells of that, and the outbox. */
  async refreshUntilDone(what: "facts" | "labels too"): Promise<void> {
    try {
      await this.refresh(what);
    } catch (failure) {
      if (this.#closed) return;
      if (!(failure instanceof ApiError) || !failure.isTemporary) this.#host.notices.report("connection", failure);
      else setTimeout(() => this.#closed || void this.refreshUntilDone(what), RETRY_PAUSE_MS);
    }
  }

  /**
   * No events come: asks whether the project is gone, for this person at least. A server that is away is no answer.
   * Resolves to whether why is told in front of the page.
   */
  async checkIsThere(): Promise<boolean> {
    try {
      await getProject(this.projectId, null, AbortSignal.timeout(ANSWER_MS));
      return false;
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      if (failure.status === 404 && !this.#closed) this.#host.gone(this);
      return this.#host.notices.isToldInFront(failure);
    }
  }

  async #changeTo(image: number, signal: AbortSignal): Promise<void> {
    try {
      const known = this.labelling.of(image).isKnown ? this.scenes.get(image) : undefined;
      const next = known ?? (await this.#fetch(image, signal));
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        this.#host.stage.changeScene(next.scene, next.view, () => {
          this.#show(next);
          resolve();
        });
      });
      // What is known of it may be old, and live work on the image before has ended.
      if (!signal.aborted) this.refreshSoon();
    } catch (failure) {
      if (signal.aborted) return;
      this.#wanted = this.image;
      this.#host.store.setState({ switching: false });
      this.#host.notices.report("image", failure);
    }
  }

  /** Fetches what is known of an image, and makes its scene. */
  async #fetch(image: number, signal: AbortSignal): Promise<ImageScene> {
    for (let attempt = 1; ; attempt++) {
      const project = await getProject(this.projectId, image, signal);
      signal.throwIfAborted();
      this.#learnSizes(project);
      // The answer may have been overtaken by an operation. Labels that stay unknown are asked for when it is shown again.
      if (this.labelling.learn(image, project) || attempt === MOST_ATTEMPTS) return this.scenes.put(project);
    }
  }

  /** The image is on the screen from this moment on. */
  #show(next: ImageScene): void {
    const { store } = this.#host;
    const { images } = store.getState();
    const step = placeOf(images, next.image) - placeOf(images, this.image);
    this.#shown = next;
    store.setState((state) => ({
      ...factsOf(next.facts, this.labelling.classes),
      ...recallProject(next.facts, state),
      // What is known of the others may be older than what events told since.
      images,
      hover: null,
      cropRectangle: null,
      switching: false,
    }));
    next.scene.look = this.#lookOf(store.getState() as OpenState);
    this.scenes.use(next.image);
    this.#host.imageShown(this);
    this.#expectNeighbours(step);
    this.labelling.fetchSeen();
    this.live.viewChanged();
  }

  #expectNeighbours(step: number): void {
    const { images } = this.#host.store.getState();
    const isUsable = ({ state }: (typeof images)[number]): boolean => state === "ready" || state === "new";
    const order = images.filter((one) => isUsable(one) || one.id === this.image).map(({ id }) => id);
    this.#neighbours.shown(order, this.image, step);
  }

  #choose(stale: readonly StaleTile[]): readonly StaleTile[] {
    const { view, ratio } = this.#host.stage;
    const seen = seenTiles(stale, { images: [this.image, this.#wanted], bounds: boundsOf(view) });
    const isNear = this.scene.grid.levelFor(view.zoom * ratio) <= NEAR_LEVEL;
    const { labels, edits } = this.labelling.of(this.image).layers;
    return isNear ? seen : seen.slice(0, Math.max(0, MOST_TILES - (labels.bytes + edits.bytes) / TILE_PIXELS));
  }

  #layersOf(image: number): Layers {
    const { layers } = this.labelling.of(image);
    const redraw = (): void => {
      if (image === this.image) this.#host.stage.requestFrame();
    };
    for (const layer of Object.values(layers)) layer.onDirty = redraw;
    return layers;
  }

  #learnSizes({ image, images }: Project): void {
    this.#sizes = new Map([image, ...images].map(({ id, width, height }) => [id, { width, height }]));
  }

  /** The same look for what looks the same, so that no picture is composed again. */
  #lookOf(state: OpenState): Look {
    if (!looksSame(state, this.#look.state)) this.#look = { state, look: lookOf(state) };
    return this.#look.look;
  }

  /** How an image that is fetched ahead will look, as far as that is known. */
  #lookAt(facts: Project): Look {
    const state = this.#host.store.getState();
    return this.#lookOf({
      ...state,
      ...recallProject(facts, state),
      project: { ...facts, classes: this.labelling.classes },
      result: facts.result,
    });
  }

  #followState(state: EditorState, before: EditorState): void {
    if (!state.project) return;
    const isSameImage = state.image === before.image;
    const isShownSame = state.contrast === before.contrast && state.shownChannel === before.shownChannel;
    if (!isSameImage || !isShownSame || state.activeClassId !== before.activeClassId) {
      rememberProject(state.project, state);
    }
    if (looksSame(state, before)) return;
    this.scene.look = this.#lookOf(state as OpenState);
    this.#host.stage.requestFrame();
  }
}
