// What a person does with a whole project: train, apply, cancel, settings, name, loading, saving, cropping. Everything
// that reads labels on the server waits until the server has them all.

import type { StoreApi } from "zustand/vanilla";
import { type CleaningInfo, setCleaning } from "../api/cleaning";
import type { Schemas } from "../api/client";
import { cancelJob, type Export, fetchExport, startApplying, startApplyingToAll, startTraining } from "../api/jobs";
import { uploadClassifier, uploadLabels } from "../api/labels";
import { cropProject, patchProject } from "../api/projects";
import type { View } from "../canvas/view";
import type { EditorState, JobInfo, ProjectSettings } from "./contract";
import type { Notices, Place } from "./notices";
import type { Outbox } from "./outbox";
import { saveFile } from "./saveFile";
import type { Session } from "./session";
import { viewportOf } from "./viewport";

export interface ActionHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  outbox: Outbox;
  session(): Session | null;
  view(): View;
}

export class ProjectActions {
  readonly #host: ActionHost;

  constructor(host: ActionHost) {
    this.#host = host;
  }

  train(): Promise<void> {
    return this.#startJob(startTraining);
  }

  apply(): Promise<void> {
    return this.#startJob(startApplying);
  }

  /** Segments all images that the classifier has not segmented yet, or `again` all of them. */
  async applyAll(again: boolean): Promise<void> {
    await this.#attempt("train", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      this.#began(await startApplyingToAll(session.projectId, again));
    });
  }

  async whenStored(): Promise<void> {
    const session = this.#host.session();
    if (session) await this.#host.outbox.emptied(session.projectId);
  }

  async cancelJob(): Promise<void> {
    const { job } = this.#host.store.getState();
    if (job?.state !== "queued" && job?.state !== "running") return;
    await this.#attempt("train", async () => {
      this.#host.store.setState({ job: await cancelJob(job.id) });
    });
  }

  async saveSettings(settings: ProjectSettings): Promise<void> {
    await this.#attempt("train", async (session) =>
      session.adopt(await patchProject(session.projectId, { settings }, session.image)),
    );
  }

  /** Chooses the steps of cleaning, and begins to clean all results by them. Throws ApiError. */
  async setCleaning(steps: ProjectSettings["cleaning"]): Promise<CleaningInfo | null> {
    const session = this.#host.session();
    if (!session) return null;
    const info = await setCleaning(session.projectId, steps, session.image);
    const { store } = this.#host;
    store.setState(({ project }) =>
      project?.id === session.projectId
        ? { project: { ...project, settings: { ...project.settings, cleaning: info.steps } } }
        : {},
    );
    session.refreshSoon(); // an answer that was on its way may still tell the steps of before
    return info;
  }

  async renameProject(name: string): Promise<void> {
    await this.#attempt("open", async (session) =>
      session.adopt(await patchProject(session.projectId, { name }, session.image)),
    );
  }

  async importLabels(file: File, mode: "replace" | "add"): Promise<void> {
    await this.#attempt("labels", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      await this.#host.outbox.exclusive(async () => {
        const report = await uploadLabels(session.projectId, session.image, file, mode);
        await session.labelling.followed(report);
      });
    });
  }

  async loadClassifier(file: File): Promise<void> {
    await this.#attempt("classifier", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      await this.#host.outbox.exclusive(async () => {
        const { image } = session;
        const project = await uploadClassifier(session.projectId, image, file);
        await session.labelling.restart(image, project);
        session.adopt(project);
      });
    });
  }

  async download(what: Export, values: "ids" | "spread"): Promise<void> {
    await this.#attempt("save", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      const { name, content } = await fetchExport(session, what, values);
      saveFile(name, content);
    });
  }

  /** Returns the id of the new project; null where it could not be made. */
  async confirmCrop(): Promise<string | null> {
    const rectangle = this.#host.store.getState().cropRectangle;
    if (!rectangle) return null;
    let projectId: string | null = null;
    await this.#attempt("crop", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      const cropped = await cropProject(session.projectId, session.image, rectangle);
      projectId = cropped.id;
      this.#host.store.setState({ cropRectangle: null });
    });
    return projectId;
  }

  async #startJob(start: (projectId: string, body: Schemas["JobRequest"]) => Promise<JobInfo>): Promise<void> {
    await this.#attempt("train", async (session) => {
      await this.#host.outbox.emptied(session.projectId);
      const viewport = viewportOf(this.#host.view());
      this.#began(await start(session.projectId, { image: session.image, viewport }));
    });
  }

  #began(job: JobInfo): void {
    // Its events may have overtaken the answer.
    this.#host.store.setState((state) => (state.job?.id === job.id ? {} : { job }));
  }

  /** Runs an action on the open project; what the server refuses is shown at `place`. */
  async #attempt(place: Place, action: (session: Session) => Promise<void>): Promise<void> {
    const session = this.#host.session();
    if (!session) return;
    this.#host.notices.clear(place);
    try {
      await action(session);
    } catch (failure) {
      this.#host.notices.report(place, failure);
    }
  }
}
