// Smart labelling of the open project: prepares views, asks the worker, and keeps the newest suggestion for the tool.

import type { StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import { fetchPreparedView } from "../api/suggestions";
import type { Scene } from "../canvas/scene";
import type { View } from "../canvas/view";
import type { EditorState, Schemas, SmartStatus } from "../state/contract";
import { isBroken } from "../state/imageList";
import type { Notices } from "../state/notices";
import { toolInUse } from "../state/toolInUse";
import { blockedClasses, colourWord } from "./classFacts";
import { unpackArrays } from "./container";
import { LabelState } from "./labelState";
import { type PreparedView, Preparing, type WantedView } from "./preparing";
import type { Answer } from "./protocol";
import { nextScale, type Prompt, promptInView, type Suggestion } from "./suggestion";
import type { SuggestionClient } from "./suggestionClient";
import type { Suggestions } from "./suggestions";
import { coversShown, planView } from "./viewPlan";
import { Voices } from "./voices";

export interface SmartHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  view(): View;
  /** Draws the preview again. */
  redraw(): void;
}

export interface OpenProject {
  id: string;
  /** The image that is shown, and its scene. */
  image: number;
  scene: Scene;
}

interface Asked {
  signature: string;
  serial: number;
  prompt: Prompt;
  view: PreparedView;
  classId: number;
  time: number;
}

export const BUILTIN = "builtin";
const GO_ON = "The built-in suggestions go on working.";
const KEPT_TIMES = 600;

export class SmartLabelling implements Suggestions {
  readonly #host: SmartHost;
  readonly #preparing: Preparing;
  readonly #labels = new LabelState();
  readonly #voices: Voices;
  #project: OpenProject | null = null;
  /** Questions without an answer, by serial number. */
  readonly #open = new Map<number, Asked>();
  #last: Asked | null = null;
  #shown: Suggestion | null = null;
  #lastSerial = 0;
  #waiting: ((suggestion: Suggestion | null) => void)[] = [];
  #undrawnSince: number | null = null;
  #times: number[] = [];

  constructor(host: SmartHost) {
    this.#host = host;
    this.#voices = new Voices({
      answered: (answer, region) => this.#answered(answer, region),
      broken: (key, message) => this.#broken(key, message),
    });
    this.#preparing = new Preparing({
      fetch: (wanted, signal) => {
        if (wanted.model !== BUILTIN) this.#voices.warm(wanted.model);
        const { id = "", image = 0 } = this.#project ?? {};
        return fetchPreparedView(id, { image, ...wanted }, signal);
      },
      describe: (content) => {
        const { meta } = unpackArrays(content);
        return { kind: String(meta.kind), learned: meta.learned === true };
      },
      ready: (view, content) => {
        this.#labels.follow(view.key, view.rectangle);
        this.#voices.keep(view, content, this.#project?.id ?? "", this.#project?.image ?? 0);
        if (view.model === host.store.getState().smartModel) host.notices.clear("smart");
        host.redraw();
      },
      forget: (key) => {
        this.#labels.forget(key);
        this.#voices.forget(key);
      },
      failed: (model, failure) => this.#failed(model, failure),
      changed: () => this.#publish(),
    });
    host.store.subscribe((state, before) => this.#followState(state, before));
  }

  get shown(): Suggestion | null {
    return this.#shown;
  }

  get project(): OpenProject | null {
    return this.#project;
  }

  get times(): number[] {
    return [...this.#times];
  }

  open(project: OpenProject): void {
    this.close();
    this.show(project);
  }

  /** Another image of the project is shown; the workers stay, what was prepared goes. */
  show(project: OpenProject): void {
    this.drop();
    this.#preparing.close();
    this.#project = project;
    project.scene.onDrawn = (layer, level, ty, tx, rect) => {
      if (layer === this.#layer) this.#labels.changed(level, ty, tx, rect);
    };
    this.viewChanged();
  }

  close(): void {
    this.drop();
    this.#project = null;
    this.#preparing.close();
    this.#voices.close();
  }

  /** The view moved, or what is to be prepared for it changed. */
  viewChanged(): void {
    if (!this.#project) return;
    const state = this.#host.store.getState();
    const isOfUse = toolInUse(state) === "smart" && isReadable(state);
    this.#preparing.want(isOfUse ? this.#wanted(this.#project) : []);
  }

  /** The server tells how far it is. */
  progressed({ stage, fraction, seconds_left, done }: Schemas["SmartProgress"]): void {
    this.#publish({ progress: done ? null : { stage, fraction, secondsLeft: seconds_left } });
  }

  ask(prompt: Prompt, time: number): boolean {
    const view = this.#preparing.viewFor(prompt);
    if (!this.#project || !view) {
      this.drop();
      return false;
    }
    const state = this.#host.store.getState();
    const { smartScale: scale, activeClassId: classId } = state;
    const blocked = blockedClasses(state);
    const colour = colourWord(state);
    const signature = [view.key, scale, classId, colour, blocked.join(""), ...textOf(prompt)].join(" ");
    if (signature === this.#last?.signature && !this.#labels.isStale(view.key)) return true;
    const client = this.#voices.of(view.kind);
    this.#tellLabels(view, client);
    this.#lastSerial++;
    const serial = this.#lastSerial;
    this.#last = { signature, serial, prompt, view, classId, time };
    this.#open.set(serial, this.#last);
    client.ask({ serial, key: view.key, prompt: promptInView(prompt, view.rectangle), scale, blocked, colour });
    return true;
  }

  drop(): void {
    const wasShown = this.#shown !== null;
    this.#last = null;
    this.#shown = null;
    this.#undrawnSince = null;
    this.#settle(null);
    if (wasShown) this.#host.redraw();
  }

  settled(): Promise<Suggestion | null> {
    if (!this.#last || !this.#open.has(this.#last.serial)) return Promise.resolve(this.#last && this.#shown);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  drawn(): void {
    if (this.#undrawnSince === null) return;
    this.#times.push(performance.now() - this.#undrawnSince);
    if (this.#times.length > KEPT_TIMES) this.#times = this.#times.slice(-KEPT_TIMES / 2);
    this.#undrawnSince = null;
  }

  nextScale(): void {
    this.#host.store.setState(({ smartScale, smart }) => ({ smartScale: nextScale(smartScale, smart.scale) }));
  }

  hold(points: number, hasBox: boolean): void {
    this.#publish({ points, hasBox });
  }

  get #layer(): "labels" | "edits" {
    return this.#host.store.getState().postProcess ? "edits" : "labels";
  }

  /** What to prepare: the built-in suggester's view first, then the chosen model's. */
  #wanted({ scene }: OpenProject): WantedView[] {
    const { smartModel, result } = this.#host.store.getState();
    const view = this.#host.view();
    const plan = planView(view, scene.grid);
    const models = smartModel === BUILTIN ? [BUILTIN] : [BUILTIN, smartModel];
    return models.map((model) => {
      const isFitting = ({ rectangle }: PreparedView): boolean =>
        rectangle.level === plan.level && coversShown(rectangle, view, scene.grid);
      const thereOf = (resultId: string | null): PreparedView | undefined =>
        this.#preparing.viewsOf(model, resultId).findLast(isFitting);
      // A live result is computed again and again: what was learned from it before goes on being used.
      const isOfUse = model === BUILTIN && result && (result.state === "complete" || thereOf(result.predicted_id));
      const resultId = isOfUse ? result.predicted_id : null;
      const there = thereOf(resultId);
      return { model, resultId, rectangle: there?.rectangle ?? plan };
    });
  }

  #tellLabels({ key }: PreparedView, client: SuggestionClient): void {
    const { scene } = this.#project as OpenProject;
    const layer = this.#layer;
    const part = this.#labels.take(key, (level, ty, tx) => scene.drawnTile(layer, level, ty, tx));
    if (part) client.putLabels(key, part);
  }

  #answered({ serial, scores, scale }: Answer, region: Suggestion["region"]): void {
    const asked = this.#open.get(serial);
    for (const older of this.#open.keys()) if (older <= serial) this.#open.delete(older);
    // An answer that came too late for what is pointed at now still shows where the mouse was a moment ago.
    if (!asked || !this.#last) return;
    const { prompt, classId, time, view } = asked;
    this.#shown = { prompt, scale, classId, view: view.rectangle, scores, region };
    this.#undrawnSince ??= time;
    if (asked === this.#last) this.#settle(this.#shown);
    this.#publish({ model: view.model, learned: view.learned, scale });
    this.#host.redraw();
  }

  #settle(suggestion: Suggestion | null): void {
    for (const resolve of this.#waiting.splice(0)) resolve(suggestion);
  }

  #broken(key: number, message: string): void {
    const isModel = this.#last?.view.model !== BUILTIN;
    this.#preparing.giveUp(key);
    if (this.#last?.view.key === key) this.drop();
    this.#host.notices.show("smart", "error", message, isModel ? GO_ON : "Reload the page.");
  }

  /** True where it may be tried again. */
  #failed(model: string, failure: unknown): boolean {
    if (!(failure instanceof ApiError)) throw failure;
    // The connection itself is told of elsewhere; a view that gave way to a newer one is asked for again.
    if (failure.status === 0 || failure.status === 409 || this.#host.notices.isToldInFront(failure)) return true;
    const isModel = model !== BUILTIN;
    const hint = isModel ? `${failure.hint} ${GO_ON}`.trim() : failure.hint;
    this.#host.notices.show("smart", "error", failure.message, hint);
    return !isModel || failure.isTemporary;
  }

  #followState(state: EditorState, before: EditorState): void {
    if (!this.#project) return;
    if (state.postProcess !== before.postProcess) this.#labels.changedEverywhere();
    const isModelNew = state.smartModel !== before.smartModel;
    if (isModelNew) this.#host.notices.clear("smart");
    const isResultNew = state.result !== before.result && state.result?.state === "complete";
    const isFileNew = state.images !== before.images && isReadable(state) !== isReadable(before);
    if (isModelNew || isResultNew || isFileNew || toolInUse(state) !== toolInUse(before)) this.viewChanged();
    if (state.smartScale !== before.smartScale || state.overwrite !== before.overwrite) this.#host.redraw();
  }

  #publish(changes: Partial<SmartStatus> = {}): void {
    const { smart } = this.#host.store.getState();
    const preparing = this.#preparing.pending;
    const next: SmartStatus = {
      ...smart,
      ...changes,
      preparing,
      ready: this.#preparing.hasAny,
      ...(preparing.length === 0 && { progress: null }),
    };
    if (!isSameStatus(smart, next)) this.#host.store.setState({ smart: next });
  }
}

function isReadable({ images, image }: EditorState): boolean {
  return !images.some((one) => one.id === image && isBroken(one));
}

function textOf({ points, box }: Prompt): (number | string)[] {
  const flat = points.flatMap(({ y, x, positive }) => [y, x, positive ? "+" : "-"]);
  return box ? [...flat, "box", box.top, box.left, box.bottom, box.right] : flat;
}

function isSameStatus(a: SmartStatus, b: SmartStatus): boolean {
  return (
    a.preparing.join() === b.preparing.join() &&
    a.progress === b.progress &&
    a.ready === b.ready &&
    a.learned === b.learned &&
    a.model === b.model &&
    a.scale === b.scale &&
    a.points === b.points &&
    a.hasBox === b.hasBox
  );
}
