// The live segmentation: whether it is on, and what the person looks at, told to the server as often as it helps.

import type { StoreApi } from "zustand/vanilla";
import { putLive } from "../api/jobs";
import type { EditorState, Schemas } from "./contract";
import type { Notices } from "./notices";
import { mayChange } from "./rights";

export interface LiveHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  projectId: string;
  viewport(): Schemas["Viewport"];
}

/** The view is told at most once in so many milliseconds. */
const PAUSE_MS = 150;

export class LiveControl {
  readonly #host: LiveHost;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told = "";
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(host: LiveHost) {
    this.#host = host;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Switches it; the switch stays as it was where the server refuses. */
  async set(on: boolean): Promise<void> {
    const { store } = this.#host;
    store.setState({ live: on });
    try {
      const state = await this.#tell(on);
      if (!this.#closed) store.setState({ live: state.on });
    } catch (failure) {
      if (this.#closed) return;
      store.setState({ live: !on });
      this.#host.notices.report("train", failure);
    }
  }

  /** The view moved, or another image is shown. */
  viewChanged(): void {
    if (this.#timer !== undefined || this.#closed || !this.#isFollowed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#closed && this.#isFollowed) void this.#follow();
    }, PAUSE_MS);
  }

  /** What those look at who may not change anything is their own affair. */
  get #isFollowed(): boolean {
    const state = this.#host.store.getState();
    return state.live && mayChange(state);
  }

  async #follow(): Promise<void> {
    const { image } = this.#host.store.getState();
    if (textOf(image, this.#host.viewport()) === this.#told) return;
    try {
      await this.#tell(true);
    } catch {
      // The next movement tells it again; a server that is away is told of elsewhere.
      this.#told = "";
    }
  }

  #tell(on: boolean): Promise<Schemas["LiveState"]> {
    const { image } = this.#host.store.getState();
    const viewport = this.#host.viewport();
    this.#told = on ? textOf(image, viewport) : "";
    // One after the other: "off" must not be overtaken by a view that was told before.
    const answer = this.#last.then(() => putLive(this.#host.projectId, { on, image, viewport }));
    this.#last = answer.catch(() => {});
    return answer;
  }
}

function textOf(image: number, { top, left, bottom, right }: Schemas["Viewport"]): string {
  return [image, top, left, bottom, right].join(" ");
}
