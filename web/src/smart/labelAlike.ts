// "Label all like this": asks the server for regions like those of the active class, and holds them until they are
// accepted or dropped.

import type { StoreApi } from "zustand/vanilla";
import { findSimilar } from "../api/suggestions";
import type { View } from "../canvas/view";
import type { EditorState } from "../state/contract";
import type { Notices } from "../state/notices";
import { unpackArrays } from "./container";
import { Proposals, readProposals } from "./proposals";
import type { OpenProject } from "./smartLabelling";
import { planView, type ViewRectangle } from "./viewPlan";

/** What the tool sees of it. */
export interface AlikeProposals {
  readonly shown: Proposals | null;
  show(proposals: Proposals | null): void;
  /** Gives up the proposals, or the search for them; true where there was anything. */
  drop(): boolean;
}

export interface AlikeHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  project(): OpenProject | null;
  view(): View;
  /** Resolves when the server has all labels. */
  stored(projectId: string): Promise<void>;
  redraw(): void;
}

/** What is shown at first. */
const THRESHOLD = 0.5;

export class LabelAlike implements AlikeProposals {
  readonly #host: AlikeHost;
  #shown: Proposals | null = null;
  #searching: AbortController | null = null;

  constructor(host: AlikeHost) {
    this.#host = host;
    host.store.subscribe((state, before) => {
      const isClassNew = state.activeClassId !== before.activeClassId;
      if (isClassNew || state.tool !== before.tool || state.postProcess !== before.postProcess) this.drop();
    });
  }

  get shown(): Proposals | null {
    return this.#shown;
  }

  async find(): Promise<void> {
    const project = this.#host.project();
    if (!project) return;
    this.drop();
    const searching = new AbortController();
    this.#searching = searching;
    this.#host.notices.clear("smart");
    this.#host.store.setState({ alike: { kind: "searching" } });
    try {
      const view = planView(this.#host.view(), project.scene.grid);
      await this.#host.stored(project.id);
      searching.signal.throwIfAborted();
      const proposals = await this.#ask(project, view, searching.signal);
      if (searching.signal.aborted) return;
      this.#searching = null;
      this.#take(proposals);
    } catch (failure) {
      if (searching.signal.aborted) return;
      this.drop();
      this.#host.notices.report("smart", failure);
    }
  }

  show(proposals: Proposals | null): void {
    this.#shown = proposals;
    this.#host.store.setState({
      alike: proposals && {
        kind: "proposed",
        count: proposals.accepted.length,
        threshold: proposals.threshold,
        lowest: proposals.lowest,
      },
    });
    this.#host.redraw();
  }

  setThreshold(threshold: number): void {
    if (this.#shown) this.show(this.#shown.withThreshold(threshold));
  }

  drop(): boolean {
    const wasBusy = this.#shown !== null || this.#searching !== null;
    this.#searching?.abort();
    this.#searching = null;
    if (wasBusy) this.show(null);
    return wasBusy;
  }

  async #ask({ id, image }: OpenProject, view: ViewRectangle, signal: AbortSignal): Promise<Proposals> {
    const { activeClassId, postProcess, result } = this.#host.store.getState();
    const body = {
      image,
      class_id: activeClassId,
      view,
      layer: postProcess ? "edits" : "labels",
      result: result?.state === "complete" ? result.predicted_id : null,
    } as const;
    const all = readProposals(unpackArrays(await findSimilar(id, body, signal)));
    const threshold = Math.min(THRESHOLD, all[0]?.similarity ?? THRESHOLD);
    return new Proposals(view, activeClassId, all, threshold);
  }

  #take(proposals: Proposals): void {
    if (proposals.all.length > 0) {
      this.show(proposals);
      return;
    }
    this.show(null);
    const hint = "Label another example, or show another part of the image.";
    this.#host.notices.show("smart", "info", "Nothing else in view is like what is labelled.", hint);
  }
}
