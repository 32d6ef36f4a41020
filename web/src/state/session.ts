// One open project: its scene, its labelling, and what the server tells about it while it is open.

import type { StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import { followProject } from "../api/events";
import { getProject } from "../api/projects";
import { fetchImageTile, fetchLayerTile, fetchResultTile } from "../api/tiles";
import { TileGrid } from "../canvas/grid";
import { lookOf, looksSame } from "../canvas/look";
import { ResultTiles } from "../canvas/resultTiles";
import { Scene } from "../canvas/scene";
import type { Stage } from "../canvas/stage";
import { TileStore } from "../canvas/tileStore";
import type { EditorState, JobInfo, Project, ResultInfo, Schemas } from "./contract";
import { Labelling } from "./labelling";
import type { Notices } from "./notices";
import type { Outbox, OutboxEntry, OutboxListener } from "./outbox";
import { recallProject, rememberProject } from "./projectMemory";

export interface SessionHost {
  store: StoreApi<EditorState>;
  stage: Stage;
  notices: Notices;
  outbox: Outbox;
  identity: { clientId: string; nextSeq(): number };
  smartProgressed(progress: Schemas["SmartProgress"]): void;
}

type Acknowledgement = Parameters<OutboxListener["acknowledged"]>[1];

const MAX_IMAGE_BYTES = 256 * 2 ** 20;
/** Fractions and what is outdated are asked for anew when nothing was stored for so long. */
const REFRESH_PAUSE_MS = 500;
const RETRY_PAUSE_MS = 3000;

export class Session {
  readonly projectId: string;
  readonly labelling: Labelling;
  readonly scene: Scene;
  readonly #host: SessionHost;
  readonly #results: ResultTiles;
  readonly #stopFollowing: () => void;
  readonly #stopLooking: () => void;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(project: Project, host: SessionHost) {
    this.projectId = project.id;
    this.#host = host;
    const { image } = project;
    const grid = new TileGrid(image.width, image.height, image.levels);
    this.labelling = new Labelling({
      projectId: project.id,
      width: image.width,
      height: image.height,
      classes: project.classes,
      history: project.history,
      outbox: host.outbox,
      identity: host.identity,
      fetchTile: async (layer, ty, tx) => new Uint8Array(await fetchLayerTile(project.id, layer, ty, tx)),
      onChange: () => this.publish(),
    });
    this.#results = new ResultTiles(
      grid,
      (resultId, layer) => (at, signal) => fetchResultTile(project.id, resultId, layer, at, signal),
    );
    this.#results.show(project.result);
    this.#putInStore(project);
    this.scene = new Scene({
      grid,
      image: new TileStore(
        grid,
        image.tile_dtype,
        (at, signal) => fetchImageTile(project.id, at, signal),
        MAX_IMAGE_BYTES,
      ),
      results: this.#results,
      ...this.labelling.layers,
      look: lookOf({ ...host.store.getState(), project }),
    });
    for (const layer of Object.values(this.labelling.layers)) layer.onDirty = () => host.stage.requestFrame();
    host.stage.setScene(this.scene);
    this.#stopLooking = host.store.subscribe((state, before) => this.#followState(state, before));
    this.#stopFollowing = this.#follow();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#refreshTimer);
    this.#stopFollowing();
    this.#stopLooking();
    this.labelling.close();
    this.#host.stage.setScene(null);
  }

  /** Puts what labelling knows into the state. */
  publish(): void {
    if (this.#closed) return;
    const { classes, history, layers } = this.labelling;
    const labelledPixels: Record<number, number> = {};
    layers.labels.counts.forEach((count, classId) => {
      if (classId > 0 && count > 0) labelledPixels[classId] = count;
    });
    this.#host.store.setState((state) => ({
      history,
      labelledPixels,
      ...(state.project && state.project.classes !== classes && { project: { ...state.project, classes } }),
      ...(!classes.some(({ id }) => id === state.activeClassId) && { activeClassId: classes[0]?.id ?? 1 }),
    }));
  }

  async acknowledged(entry: OutboxEntry, ack: Acknowledgement): Promise<void> {
    await this.labelling.acknowledged(entry, ack);
    this.#refreshSoon();
  }

  async rejected(entry: OutboxEntry): Promise<void> {
    await this.labelling.rejected(entry);
    // What the server refuses, it and this page understood differently.
    void this.#refreshUntilDone("labels too");
  }

  /** Takes over a project as the server answered it; labels and classes only after what is on its way. */
  adopt(project: Project): void {
    this.#results.show(project.result);
    this.#host.store.setState({
      project: { ...project, classes: this.labelling.classes },
      result: project.result,
    });
    this.#host.stage.requestFrame();
  }

  /** Fetches the whole project anew, and the tiles of labels with it where anything may have been missed. */
  async refresh(what: "facts" | "labels too"): Promise<void> {
    const fetchProject = async (): Promise<void> => {
      const project = await getProject(this.projectId);
      if (this.#closed) return;
      if (what === "labels too") await this.labelling.restart(project);
      this.adopt(project);
      this.#host.store.setState({ job: project.job });
    };
    await (what === "facts" ? fetchProject() : this.#host.outbox.exclusive(fetchProject));
  }

  #putInStore(project: Project): void {
    this.#host.store.setState({
      project: { ...project, classes: this.labelling.classes },
      ...recallProject(project),
      job: project.job,
      result: project.result,
    });
    this.publish();
  }

  #followState(state: EditorState, before: EditorState): void {
    if (!state.project) return;
    const isShownSame = state.contrast === before.contrast && state.shownChannel === before.shownChannel;
    if (!isShownSame || state.activeClassId !== before.activeClassId) rememberProject(this.projectId, state);
    if (looksSame(state, before)) return;
    this.scene.look = lookOf({ ...state, project: state.project });
    this.#host.stage.requestFrame();
  }

  #follow(): () => void {
    const { notices, outbox, stage } = this.#host;
    return followProject(this.projectId, {
      job: (job) => this.#followJob(job),
      result: (result) => this.#followResult(result),
      tiles: (resultId, tiles) => {
        this.#results.computed(resultId, tiles);
        stage.requestFrame();
      },
      smart: (progress) => this.#host.smartProgressed(progress),
      revision: (ack) => void outbox.exclusive(() => this.labelling.followed(ack)),
      opened: (again) => {
        notices.clear("connection");
        if (!again) return;
        outbox.wake();
        stage.requests.retryNow();
        void this.#refreshUntilDone("labels too");
      },
      lost: () =>
        notices.show(
          "connection",
          "error",
          "The connection to the server is lost.",
          "Labels are kept in this browser and sent as soon as the server answers.",
        ),
    });
  }

  #followJob(job: JobInfo): void {
    const { store, notices } = this.#host;
    const isNew = store.getState().job?.id !== job.id;
    store.setState({ job });
    switch (job.state) {
      case "failed":
        if (job.error) notices.show("train", "error", job.error.message, job.error.hint);
        return;
      case "done":
      case "cancelled":
        this.#refreshSoon();
        return;
      case "queued":
      case "running":
        if (isNew) notices.clear("train");
        return;
    }
  }

  #followResult(result: ResultInfo): void {
    this.#results.show(result);
    // A cancelled result gives way to the one before, which the project knows.
    if (result.state === "cancelled") this.#refreshSoon();
    else this.#host.store.setState(({ project }) => ({ result, project: project && { ...project, result } }));
    this.#host.stage.requestFrame();
  }

  #refreshSoon(): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => void this.#refreshUntilDone("facts"), REFRESH_PAUSE_MS);
  }

  /** Refreshes, again and again while the server is away: the lost connection tells of that, and the outbox. */
  async #refreshUntilDone(what: "facts" | "labels too"): Promise<void> {
    try {
      await this.refresh(what);
    } catch (failure) {
      if (this.#closed) return;
      if (!(failure instanceof ApiError) || !failure.isTemporary) this.#host.notices.report("connection", failure);
      else setTimeout(() => this.#closed || void this.#refreshUntilDone(what), RETRY_PAUSE_MS);
    }
  }
}
