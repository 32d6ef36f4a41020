// Labels, edits and classes of the open project as this page shows them: what the server acknowledged, with the
// operations on top that are still on their way, and the stroke that is being drawn.

import { ApiError } from "../api/error";
import { addressOf, TILE, tileKey } from "../canvas/grid";
import type { ClassInfo, Schemas } from "./contract";
import { LabelLayer } from "./labelLayer";
import type { Outbox, OutboxEntry } from "./outbox";
import type { Operation } from "./outboxStorage";
import { eraseRule, keepOnlyRule, paintRule, type RuleTable } from "./rules";
import { fromBase64, type Runs, toBase64 } from "./runs";
import { changeEverywhere, type LayerName, replay, type Step, StepStacks } from "./steps";
import { Stroke } from "./stroke";

type OperationAck = Schemas["OperationAck"];
type History = Schemas["History"];

/** What an operation does to tiles, so that it can be done again over a tile that was fetched anew. */
type Effect =
  | { kind: "tiles"; layer: LayerName; runs: Map<number, Runs>; rule: RuleTable }
  | { kind: "everywhere"; layers: readonly LayerName[]; rule: RuleTable }
  | { kind: "back" | "again"; step: Step }
  | { kind: "unknown" };

interface Pending {
  entry: OutboxEntry;
  effect: Effect;
}

export type StrokeKind =
  | { kind: "paint"; layer: LayerName; classId: number; overwrite: boolean }
  | { kind: "erase"; layer: LayerName; classId: number | null };

export interface LabellingOptions {
  projectId: string;
  width: number;
  height: number;
  classes: ClassInfo[];
  history: History;
  outbox: Outbox;
  /** Names the operations of this page. */
  identity: { clientId: string; nextSeq(): number };
  fetchTile(layer: LayerName, ty: number, tx: number): Promise<Uint8Array>;
  /** Classes, history or counts changed. */
  onChange(): void;
  /** Milliseconds until tiles that could not be fetched are fetched again. */
  retryPause?: number;
}

const BOTH: readonly LayerName[] = ["labels", "edits"];
const PARALLEL_FETCHES = 4;

export class Labelling {
  readonly layers: Readonly<Record<LayerName, LabelLayer>>;
  classes: ClassInfo[];
  /** Newest revision of the server that is in the layers. */
  revision: number;
  readonly #options: LabellingOptions;
  readonly #steps = new StepStacks();
  #history: History;
  #pending: Pending[] = [];
  #stroke: { stroke: Stroke; what: StrokeKind } | null = null;
  /** Tiles that differ from the server's, to be fetched. */
  readonly #stale: Record<LayerName, Set<number>> = { labels: new Set(), edits: new Set() };
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: LabellingOptions) {
    this.#options = options;
    this.layers = {
      labels: new LabelLayer(options.width, options.height),
      edits: new LabelLayer(options.width, options.height),
    };
    this.classes = options.classes;
    this.#history = options.history;
    this.revision = options.history.revision;
    for (const entry of options.outbox.entriesOf(options.projectId)) this.#restore(entry);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /** What can be undone and redone, with the steps on their way counted in. */
  get history(): { canUndo: boolean; canRedo: boolean; undoName: string | null; redoName: string | null } {
    const { can_undo, can_redo, undo_name, redo_name } = this.#history;
    if (this.#pending.length === 0) {
      return { canUndo: can_undo, canRedo: can_redo, undoName: undo_name, redoName: redo_name };
    }
    // How far back the server's own steps reach is not known here: an undo too many does no harm.
    const redoIsOver = this.#pending.some(({ entry }) => !isHistoryKind(entry.operation.kind));
    return {
      canUndo: this.#steps.canUndo || can_undo,
      canRedo: this.#steps.canRedo || (can_redo && !redoIsOver),
      undoName: null,
      redoName: null,
    };
  }

  beginStroke(what: StrokeKind): Stroke {
    this.cancelStroke();
    const stroke = new Stroke(this.layers[what.layer], this.#ruleOf(what));
    this.#stroke = { stroke, what };
    return stroke;
  }

  cancelStroke(): void {
    this.#stroke?.stroke.cancel();
    this.#stroke = null;
    this.#options.onChange();
  }

  /** Makes the stroke one step; one that changed nothing leaves no trace. */
  endStroke(): void {
    if (!this.#stroke) return;
    const { stroke, what } = this.#stroke;
    this.#stroke = null;
    if (!stroke.changesAnything) return;
    const tiles = stroke.finish();
    this.#steps.push({
      rule: stroke.rule,
      tiles: tiles.map((tile) => ({ layer: what.layer, ...tile })),
      classes: null,
    });
    const runs = new Map(tiles.map(({ ty, tx, covered }) => [tileKey(0, ty, tx), covered]));
    this.#send(
      {
        ...this.#blank(what.kind),
        layer: what.layer,
        class_id: what.classId,
        overwrite: what.kind === "paint" && what.overwrite,
        tiles: tiles.map(({ ty, tx, covered }) => ({ ty, tx, runs: toBase64(covered) })),
      },
      { kind: "tiles", layer: what.layer, runs, rule: stroke.rule },
    );
  }

  clear(layer: LayerName, classId: number | null): void {
    this.cancelStroke();
    const rule = eraseRule(classId, this.#locked());
    const tiles = changeEverywhere(layer, this.layers[layer], rule);
    if (tiles.length === 0) return;
    this.#steps.push({ rule, tiles, classes: null });
    this.#send({ ...this.#blank("clear"), layer, class_id: classId }, { kind: "everywhere", layers: [layer], rule });
  }

  setClasses(classes: ClassInfo[]): void {
    this.cancelStroke();
    const rule = keepOnlyRule(new Set(classes.map((entry) => entry.id)));
    const tiles = BOTH.flatMap((layer) => changeEverywhere(layer, this.layers[layer], rule));
    this.#steps.push({ rule, tiles, classes: { before: this.classes, after: classes } });
    this.classes = classes;
    this.#send({ ...this.#blank("classes"), classes }, { kind: "everywhere", layers: BOTH, rule });
  }

  undo(): void {
    this.#stepThroughHistory("undo", this.#steps.undo());
  }

  redo(): void {
    this.#stepThroughHistory("redo", this.#steps.redo());
  }

  /** Follows the server's answer to an operation of this page. */
  async acknowledged(entry: OutboxEntry, ack: OperationAck): Promise<void> {
    const pending = this.#settle(entry);
    const base = this.revision;
    this.#adopt(ack);
    this.#markStale(ack.changed);
    const { kind } = entry.operation;
    const isCertain = !ack.duplicate && !entry.uncertain && ack.revision === base + 1;
    if (isHistoryKind(kind) || !isCertain) this.#markStaleBy(pending?.effect);
    await this.refresh();
  }

  /** The server will not have this operation: what it did here is taken back, by fetching the tiles again. */
  async rejected(entry: OutboxEntry): Promise<void> {
    this.#markStaleBy(this.#settle(entry)?.effect);
    this.#steps.forget();
    await this.refresh();
  }

  /** Follows a change that someone else made, or an import. */
  async followed(ack: Pick<OperationAck, "revision" | "history" | "classes" | "changed">): Promise<void> {
    if (ack.revision <= this.revision) return;
    this.#steps.forget();
    this.#adopt(ack);
    this.#markStale(ack.changed);
    await this.refresh();
  }

  /**
   * Starts over from the server's whole state: after opening, and where messages may have been missed. It must have
   * been fetched while no operation was on its way.
   */
  async restart(project: Pick<Schemas["Project"], "history" | "classes" | "tiles">): Promise<void> {
    if (project.history.revision !== this.revision) this.#steps.forget();
    // Not the newest of both: a server whose data were put back counts from there.
    this.revision = project.history.revision;
    this.#adopt({ revision: project.history.revision, history: project.history, classes: project.classes });
    for (const layer of BOTH) {
      for (const key of this.layers[layer].keys) this.#stale[layer].add(key);
      for (const { ty, tx } of project.tiles[layer]) this.#stale[layer].add(tileKey(0, ty, tx));
    }
    await this.refresh();
  }

  /** Fetches the tiles that differ; must not run while an operation is on its way. */
  async refresh(): Promise<void> {
    const wanted = BOTH.flatMap((layer) => [...this.#stale[layer]].map((key) => ({ layer, key })));
    const fetchNext = async (): Promise<void> => {
      for (let next = wanted.shift(); next; next = wanted.shift()) await this.#fetchTile(next.layer, next.key);
    };
    const lanes = Array.from({ length: PARALLEL_FETCHES }, fetchNext);
    const failures = (await Promise.allSettled(lanes)).flatMap((lane) =>
      lane.status === "rejected" ? lane.reason : [],
    );
    const defect: unknown = failures.find((failure) => !(failure instanceof ApiError));
    if (defect) throw defect;
    if (this.#closed) return;
    clearTimeout(this.#retry);
    if (failures.length > 0) {
      const again = () => void this.#options.outbox.exclusive(() => this.refresh());
      this.#retry = setTimeout(again, this.#options.retryPause ?? 2000);
    }
    this.#options.onChange();
  }

  async #fetchTile(layer: LayerName, key: number): Promise<void> {
    const { ty, tx } = addressOf(key);
    const pixels = await this.#options.fetchTile(layer, ty, tx);
    this.#stale[layer].delete(key);
    const target = this.layers[layer];
    target.replaceTile(ty, tx, pixels, Math.min(TILE, target.width - tx * TILE));
    for (const { effect } of this.#pending) this.#apply(effect, layer, ty, tx);
    if (this.#stroke?.what.layer === layer) this.#stroke.stroke.rebase(ty, tx);
  }

  #apply(effect: Effect, layer: LayerName, ty: number, tx: number): void {
    const target = this.layers[layer];
    switch (effect.kind) {
      case "tiles": {
        const runs = effect.layer === layer ? effect.runs.get(tileKey(0, ty, tx)) : undefined;
        if (runs) target.applyRule(ty, tx, runs, effect.rule);
        return;
      }
      case "everywhere":
        if (effect.layers.includes(layer) && target.tile(ty, tx)) target.applyRule(ty, tx, ALL_PIXELS, effect.rule);
        return;
      case "back":
      case "again":
        for (const part of effect.step.tiles) {
          if (part.layer === layer && part.ty === ty && part.tx === tx) {
            replay(target, part, effect.step.rule, effect.kind);
          }
        }
        return;
      case "unknown":
        return;
    }
  }

  #stepThroughHistory(kind: "undo" | "redo", step: Step | null): void {
    this.cancelStroke();
    const direction = kind === "undo" ? "back" : "again";
    for (const part of step?.tiles ?? []) {
      replay(this.layers[part.layer], part, (step as Step).rule, direction);
    }
    if (step?.classes) this.classes = kind === "undo" ? step.classes.before : step.classes.after;
    this.#send(this.#blank(kind), step ? { kind: direction, step } : { kind: "unknown" });
  }

  #send(operation: Operation, effect: Effect): void {
    const entry = this.#options.outbox.add(this.#options.projectId, operation);
    this.#pending.push({ entry, effect });
    this.#options.onChange();
  }

  #settle(entry: OutboxEntry): Pending | undefined {
    const settled = this.#pending.find((pending) => pending.entry === entry);
    this.#pending = this.#pending.filter((pending) => pending !== settled);
    return settled;
  }

  #adopt(ack: Pick<OperationAck, "revision" | "history" | "classes">): void {
    this.revision = Math.max(this.revision, ack.revision);
    this.#history = ack.history;
    const changesClasses = this.#pending.some(
      ({ entry, effect }) => entry.operation.kind === "classes" || ("step" in effect && effect.step.classes !== null),
    );
    if (!changesClasses) this.classes = ack.classes;
  }

  #markStale(tiles: readonly Schemas["LayerTile"][]): void {
    for (const { layer, ty, tx } of tiles) this.#stale[layer].add(tileKey(0, ty, tx));
  }

  #markStaleBy(effect: Effect | undefined): void {
    switch (effect?.kind) {
      case "tiles":
        for (const key of effect.runs.keys()) this.#stale[effect.layer].add(key);
        return;
      case "everywhere":
        for (const layer of effect.layers) for (const key of this.layers[layer].keys) this.#stale[layer].add(key);
        return;
      case "back":
      case "again":
        for (const { layer, ty, tx } of effect.step.tiles) this.#stale[layer].add(tileKey(0, ty, tx));
        return;
      case "unknown":
      case undefined:
        return;
    }
  }

  /** Takes up an operation that an earlier page left behind, before any tile is fetched. */
  #restore(entry: OutboxEntry): void {
    const { kind, layer = "labels", class_id = null, overwrite = false, tiles = [], classes } = entry.operation;
    const effect = ((): Effect => {
      switch (kind) {
        case "paint":
        case "erase": {
          const runs = new Map(tiles.map((tile) => [tileKey(0, tile.ty, tile.tx), fromBase64(tile.runs)]));
          const rule =
            kind === "paint" && class_id !== null
              ? paintRule(class_id, overwrite, this.#locked())
              : eraseRule(class_id, this.#locked());
          return { kind: "tiles", layer, runs, rule };
        }
        case "clear":
          return { kind: "everywhere", layers: [layer], rule: eraseRule(class_id, this.#locked()) };
        case "classes":
          this.classes = classes ?? this.classes;
          return { kind: "everywhere", layers: BOTH, rule: keepOnlyRule(new Set(this.classes.map(({ id }) => id))) };
        case "undo":
        case "redo":
          return { kind: "unknown" };
      }
    })();
    if (effect.kind === "tiles") for (const key of effect.runs.keys()) this.#stale[layer].add(key);
    this.#pending.push({ entry, effect });
  }

  #ruleOf(what: StrokeKind): RuleTable {
    return what.kind === "paint"
      ? paintRule(what.classId, what.overwrite, this.#locked())
      : eraseRule(what.classId, this.#locked());
  }

  #locked(): Set<number> {
    return new Set(this.classes.filter((entry) => entry.locked).map((entry) => entry.id));
  }

  #blank(kind: Operation["kind"]): Operation {
    const { clientId, nextSeq } = this.#options.identity;
    return {
      client_id: clientId,
      client_seq: nextSeq(),
      base_revision: this.revision,
      kind,
      layer: "labels",
      class_id: null,
      overwrite: false,
      tiles: [],
      classes: null,
    };
  }
}

function isHistoryKind(kind: Operation["kind"]): boolean {
  return kind === "undo" || kind === "redo";
}

const ALL_PIXELS: Runs = Uint16Array.of(0, 65_535);
