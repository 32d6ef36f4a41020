// Prepared views: fetched ahead when the view has settled, the newest few kept, and found again for a prompt.

import { type Prompt, viewHolds } from "./suggestion";
import type { ViewRectangle } from "./viewPlan";

/** What decides whether a prepared view is the one that is wanted. */
export interface WantedView {
  model: string;
  /** The complete result whose knowledge the suggester uses; null where there is none, or it cannot learn. */
  resultId: string | null;
  rectangle: ViewRectangle;
}

export interface PreparedView extends WantedView {
  key: number;
  /** How prompts are answered for it. */
  kind: string;
  /** It knows what the forest learned. */
  learned: boolean;
}

export interface PreparingHooks {
  fetch(wanted: WantedView, signal: AbortSignal): Promise<ArrayBuffer>;
  /** Reads how a view was prepared. Throws where the bytes are not understood. */
  describe(content: ArrayBuffer): { kind: string; learned: boolean };
  ready(view: PreparedView, content: ArrayBuffer): void;
  forget(key: number): void;
  /** True where it may be tried again. */
  failed(model: string, failure: unknown): boolean;
  /** What is being fetched changed. */
  changed(): void;
}

interface Fetching {
  wanted: WantedView;
  abort: AbortController;
}

/** The view has settled when it did not move for so long. */
export const SETTLED_MS = 120;
const KEPT_PER_MODEL = 3;
const RETRY_MS = 4000;

export class Preparing {
  readonly #hooks: PreparingHooks;
  /** The newest last. */
  #views: PreparedView[] = [];
  #wanted: readonly WantedView[] = [];
  readonly #fetching = new Map<string, Fetching>();
  /** Models that failed for good, until they are chosen again. */
  readonly #givenUp = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastKey = 0;

  constructor(hooks: PreparingHooks) {
    this.#hooks = hooks;
  }

  /** Models whose views are being fetched, or will be as soon as the view has settled. */
  get pending(): string[] {
    const isMissing = (wanted: WantedView): boolean => !this.#givenUp.has(wanted.model) && !this.#isThere(wanted);
    return this.#wanted.filter(isMissing).map(({ model }) => model);
  }

  get hasAny(): boolean {
    return this.#views.length > 0;
  }

  /** Wants these views, one a model, the quickest model first; what is fetched for other views is given up. */
  want(wanted: readonly WantedView[]): void {
    this.#wanted = wanted;
    for (const model of this.#givenUp) if (!wanted.some((one) => one.model === model)) this.#givenUp.delete(model);
    for (const { wanted: fetched, abort } of this.#fetching.values()) {
      if (!wanted.some((one) => isSame(one, fetched))) abort.abort();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetchMissing(), SETTLED_MS);
    this.#hooks.changed();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { abort } of this.#fetching.values()) abort.abort();
    for (const { key } of this.#views) this.#hooks.forget(key);
    this.#views = [];
    this.#wanted = [];
    this.#givenUp.clear();
  }

  /** Whether a view answers as well as the wanted one would. */
  #isThere(wanted: WantedView): boolean {
    return this.#views.some((view) => isSame(view, wanted));
  }

  /** The best prepared view for a prompt: of the last model that is wanted, the wanted one, else the newest one. */
  viewFor(prompt: Prompt): PreparedView | null {
    for (const wanted of this.#wanted.toReversed()) {
      const ofModel = this.#views.filter(
        ({ model, rectangle }) => model === wanted.model && viewHolds(rectangle, prompt),
      );
      const best = ofModel.find((view) => isSame(view, wanted)) ?? ofModel.at(-1);
      if (best) return best;
    }
    return null;
  }

  /** Prepared views of a model and result, for the choice of what to want. */
  viewsOf(model: string, resultId: string | null): PreparedView[] {
    return this.#views.filter((view) => view.model === model && view.resultId === resultId);
  }

  /** A view cannot be used: nothing more is asked of its model until it is chosen again. */
  giveUp(key: number): void {
    const model = this.#views.find((view) => view.key === key)?.model;
    if (model) this.#givenUp.add(model);
    this.#drop(key);
    this.#hooks.changed();
  }

  #drop(key: number): void {
    this.#views = this.#views.filter((view) => view.key !== key);
    this.#hooks.forget(key);
  }

  #fetchMissing(): void {
    for (const wanted of this.#wanted) {
      const running = this.#fetching.get(wanted.model);
      const isRunning = running && !running.abort.signal.aborted && isSame(running.wanted, wanted);
      const isNeeded = !this.#givenUp.has(wanted.model) && !this.#isThere(wanted);
      if (!isRunning && isNeeded) void this.#fetch(wanted);
    }
    this.#hooks.changed();
  }

  async #fetch(wanted: WantedView): Promise<void> {
    const abort = new AbortController();
    this.#fetching.get(wanted.model)?.abort.abort();
    this.#fetching.set(wanted.model, { wanted, abort });
    try {
      const content = await this.#hooks.fetch(wanted, abort.signal);
      if (!abort.signal.aborted) this.#keep(wanted, content);
    } catch (failure) {
      if (abort.signal.aborted) return;
      if (this.#hooks.failed(wanted.model, failure)) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#fetchMissing(), RETRY_MS);
      } else {
        this.#givenUp.add(wanted.model);
      }
    } finally {
      if (this.#fetching.get(wanted.model)?.abort === abort) this.#fetching.delete(wanted.model);
      this.#hooks.changed();
    }
  }

  #keep(wanted: WantedView, content: ArrayBuffer): void {
    this.#lastKey++;
    const view = { ...wanted, ...this.#hooks.describe(content), key: this.#lastKey };
    this.#views.push(view);
    this.#hooks.ready(view, content);
    const ofModel = this.#views.filter(({ model }) => model === wanted.model);
    for (const { key } of ofModel.slice(0, -KEPT_PER_MODEL)) this.#drop(key);
  }
}

function isSame(a: WantedView, b: WantedView): boolean {
  const [p, q] = [a.rectangle, b.rectangle];
  return (
    a.model === b.model &&
    a.resultId === b.resultId &&
    p.level === q.level &&
    p.top === q.top &&
    p.left === q.left &&
    p.bottom === q.bottom &&
    p.right === q.right
  );
}
