// Labels, edits and classes of the open project as this page shows them: what the server acknowledged, with the
// operations on top that are still on their way, and the stroke that is being drawn. Each image has its own layers.

import { ApiError } from "../api/error";
import { type Size, TILE, tileKey } from "../canvas/grid";
import type { ClassInfo, Schemas } from "./contract";
import { applyEffect, type Effect, effectOf, tilesOf } from "./effects";
import { BOTH, ImageLabels, type StaleTile } from "./imageLabels";
import type { Outbox, OutboxEntry } from "./outbox";
import type { Operation } from "./outboxStorage";
import { eraseRule, keepOnlyRule, lockedIds, paintRule, type RuleTable, sameIds } from "./rules";
import { toBase64 } from "./runs";
import { changeEverywhere, type LayerName, pixelsGained, replay, type Step, StepStacks } from "./steps";
import { Stroke } from "./stroke";

type OperationAck = Schemas["OperationAck"];
type History = Schemas["History"];

interface Pending {
  entry: OutboxEntry;
  effect: Effect;
  /** By how many labelled pixels each class grows with it; null where only the server knows. */
  gained: Float64Array | null;
  /** Classes that were locked when it was made: it left their pixels alone. */
  locked: ReadonlySet<number>;
}

export type StrokeKind =
  | { kind: "paint"; image: number; layer: LayerName; classId: number; overwrite: boolean }
  | { kind: "erase"; image: number; layer: LayerName; classId: number | null };

export interface LabellingOptions {
  projectId: string;
  sizeOf(image: number): Size;
  classes: ClassInfo[];
  history: History;
  outbox: Outbox;
  /** Names the operations of this page. */
  identity: { clientId: string; nextSeq(): number };
  fetchTile(tile: StaleTile): Promise<Uint8Array>;
  /** Those of the tiles that are to be fetched now, the most urgent first. */
  choose(stale: readonly StaleTile[]): readonly StaleTile[];
  /** Classes, history or counts changed. */
  onChange(): void;
  /** Milliseconds until tiles that could not be fetched are fetched again. */
  retryPause?: number;
}

const PARALLEL_FETCHES = 4;
/** Tiles fetched between two operations, so that none waits long. */
const TILES_A_TURN = 12;

export class Labelling {
  classes: ClassInfo[];
  /** Newest revision of the server that is in the layers. */
  revision: number;
  readonly #options: LabellingOptions;
  readonly #images = new Map<number, ImageLabels>();
  readonly #steps = new StepStacks();
  #history: History;
  #pending: Pending[] = [];
  #stroke: { stroke: Stroke; what: StrokeKind } | null = null;
  #isFetching = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: LabellingOptions) {
    this.#options = options;
    this.classes = options.classes;
    this.#history = options.history;
    this.revision = options.history.revision;
    for (const entry of options.outbox.entriesOf(options.projectId)) this.#restore(entry);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /** Layers of an image, empty until it is learned. */
  of(image: number): ImageLabels {
    let labels = this.#images.get(image);
    if (!labels) {
      labels = new ImageLabels(image, this.#options.sizeOf(image));
      this.#images.set(image, labels);
    }
    return labels;
  }

  /** What can be undone and redone, with the steps on their way counted in. */
  get history(): { canUndo: boolean; canRedo: boolean; undoName: string | null; redoName: string | null } {
    const { can_undo, can_redo, undo_name, redo_name } = this.#history;
    if (this.#pending.length === 0) {
      return { canUndo: can_undo, canRedo: can_redo, undoName: undo_name, redoName: redo_name };
    }
    // How far back the server's own steps reach is not known here: an undo too many does no harm.
    return {
      canUndo: this.#steps.canUndo || can_undo,
      canRedo: this.#steps.canRedo || (can_redo && !this.#redoIsOver),
      undoName: null,
      redoName: null,
    };
  }

  /** The image that undo or redo would change; null where it is all of them, or not known. */
  imageOf(direction: "undo" | "redo"): number | null {
    if (this.#pending.length === 0) {
      return (direction === "undo" ? this.#history.undo_image : this.#history.redo_image) ?? null;
    }
    const step = direction === "undo" ? this.#steps.nextUndo : this.#steps.nextRedo;
    return step?.image ?? null;
  }

  /** Labelled pixels of each class over all images, with the steps on their way counted in. */
  get labelledPixels(): Record<number, number> {
    const counts: Record<number, number> = {};
    const add = (classId: number, pixels: number): void => {
      if (classId > 0 && pixels !== 0) counts[classId] = (counts[classId] ?? 0) + pixels;
    };
    for (const [classId, pixels] of Object.entries(this.#history.labelled_pixels ?? {})) add(Number(classId), pixels);
    for (const { gained } of this.#pending)
      for (const [classId, pixels] of gained?.entries() ?? []) add(classId, pixels);
    // What is not fetched yet was counted as if nothing were drawn there.
    return Object.fromEntries(Object.entries(counts).filter(([, pixels]) => pixels > 0));
  }

  beginStroke(what: StrokeKind): Stroke {
    this.cancelStroke();
    const stroke = new Stroke(this.of(what.image).layers[what.layer], this.#ruleOf(what));
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
    const { image, layer } = what;
    const tiles = stroke.finish();
    const step: Step = {
      image,
      rule: stroke.rule,
      tiles: tiles.map((tile) => ({ image, layer, ...tile })),
      classes: null,
    };
    this.#steps.push(step);
    const runs = new Map(tiles.map(({ ty, tx, covered }) => [tileKey(0, ty, tx), covered]));
    this.#send(
      {
        ...this.#blank(what.kind),
        image,
        layer,
        class_id: what.classId,
        overwrite: what.kind === "paint" && what.overwrite,
        tiles: tiles.map(({ ty, tx, covered }) => ({ ty, tx, runs: toBase64(covered) })),
      },
      { kind: "tiles", image, layer, runs, rule: stroke.rule },
      pixelsGained(step),
    );
  }

  clear(image: number, layer: LayerName, classId: number | null): void {
    this.cancelStroke();
    const labels = this.of(image);
    const rule = eraseRule(classId, lockedIds(this.classes));
    const step: Step = { image, rule, tiles: changeEverywhere(labels, layer, rule), classes: null };
    // Where tiles are missing here, only the server knows whether there is anything to clear.
    const isNothing = step.tiles.length === 0 && !labels.staleTiles.some((tile) => tile.layer === layer);
    if (isNothing && labels.isKnown) return;
    this.#steps.push(step);
    const operation = { ...this.#blank("clear"), image, layer, class_id: classId };
    this.#send(operation, { kind: "everywhere", image, layers: [layer], rule }, pixelsGained(step));
  }

  setClasses(classes: ClassInfo[]): void {
    this.cancelStroke();
    const rule = keepOnlyRule(new Set(classes.map((entry) => entry.id)));
    const all = [...this.#images.values()];
    const tiles = all.flatMap((labels) => BOTH.flatMap((layer) => changeEverywhere(labels, layer, rule)));
    const step: Step = { image: null, rule, tiles, classes: { before: this.classes, after: classes } };
    this.#steps.push(step);
    const gained = this.#goneWith(rule);
    this.classes = classes;
    const operation = { ...this.#blank("classes"), classes };
    this.#send(operation, { kind: "everywhere", image: null, layers: BOTH, rule }, gained);
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
    // Someone else's step came in between: what undo takes back is not the last step of this page.
    if (ack.revision > base + 1) this.#steps.forget();
    this.#adopt(ack);
    this.#markStale(ack.changed);
    const { kind } = entry.operation;
    // Where somebody locked or unlocked a class meanwhile, the server did something else than this page.
    const locksAgree = pending !== undefined && sameIds(pending.locked, lockedIds(ack.classes));
    const isCertain = !ack.duplicate && !entry.uncertain && ack.revision === base + 1 && locksAgree;
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
   * Starts over from the server's whole state, with the tiles of `image`: after opening, and where messages may have
   * been missed. It must have been fetched while no operation was on its way. Other images have to be learned again.
   */
  async restart(image: number, project: Pick<Schemas["Project"], "history" | "classes" | "tiles">): Promise<void> {
    if (project.history.revision !== this.revision) this.#steps.forget();
    // Not the newest of both: a server whose data were put back counts from there.
    this.revision = project.history.revision;
    this.#adopt({ revision: project.history.revision, history: project.history, classes: project.classes });
    for (const labels of this.#images.values()) labels.isKnown = false;
    this.of(image).learn(project.tiles, this.#touched(image));
    await this.refresh();
  }

  /**
   * Takes up which tiles of an image hold anything, where that is not known yet; false where the server told it before
   * it had what this page knows of.
   */
  learn(image: number, { tiles, history }: Pick<Schemas["Project"], "history" | "tiles">): boolean {
    const labels = this.of(image);
    if (labels.isKnown) return true;
    if (history.revision < this.revision) return false;
    labels.learn(tiles, this.#touched(image));
    return true;
  }

  /** Fetches the most urgent tiles that differ, and the others after it; must not run while an operation is on its way. */
  async refresh(): Promise<void> {
    const wanted = this.#urgent.slice(0, TILES_A_TURN);
    const fetchNext = async (): Promise<void> => {
      for (let next = wanted.shift(); next; next = wanted.shift()) await this.#fetchTile(next);
    };
    const lanes = Array.from({ length: PARALLEL_FETCHES }, fetchNext);
    const failures = (await Promise.allSettled(lanes)).flatMap((lane) =>
      lane.status === "rejected" ? lane.reason : [],
    );
    const defect: unknown = failures.find((failure) => !(failure instanceof ApiError));
    if (defect) throw defect;
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (failures.length > 0) {
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.fetchSeen();
      }, this.#options.retryPause ?? 2000);
    } else {
      this.fetchSeen();
    }
    this.#options.onChange();
  }

  /** Fetches the tiles that are seen and differ from the server's, between operations. */
  fetchSeen(): void {
    if (this.#isFetching || this.#closed || this.#retry !== undefined || this.#urgent.length === 0) return;
    this.#isFetching = true;
    const turn = this.#options.outbox.exclusive(async () => {
      try {
        if (!this.#closed) await this.refresh();
      } finally {
        this.#isFetching = false;
      }
    });
    // What waits in the outbox goes between two turns.
    void turn.then(() => this.fetchSeen());
  }

  /** Gives up what is known of the labels of an image that is not shown, unless something of it is on its way. */
  forget(image: number): void {
    if (this.#stroke?.what.image !== image && this.#touched(image).length === 0) this.#images.delete(image);
  }

  /** Fetches one tile where it differs from the server's; throws ApiError. */
  async ensure(tile: StaleTile): Promise<void> {
    const isStale = (): boolean => this.of(tile.image).isStale(tile.layer, tile.ty, tile.tx);
    if (!isStale()) return;
    await this.#options.outbox.exclusive(async () => {
      if (isStale()) await this.#fetchTile(tile);
    });
  }

  get #redoIsOver(): boolean {
    return this.#pending.some(({ entry }) => !isHistoryKind(entry.operation.kind));
  }

  get #urgent(): StaleTile[] {
    const stale = [...this.#images.values()].flatMap((labels) => labels.staleTiles);
    return stale.length === 0 ? [] : [...this.#options.choose(stale)];
  }

  async #fetchTile(tile: StaleTile): Promise<void> {
    const { image, layer, ty, tx } = tile;
    const pixels = await this.#options.fetchTile(tile);
    const labels = this.of(image);
    labels.settle(layer, ty, tx);
    const target = labels.layers[layer];
    target.replaceTile(ty, tx, pixels, Math.min(TILE, target.width - tx * TILE));
    for (const { effect } of this.#pending) applyEffect(effect, tile, target);
    const what = this.#stroke?.what;
    if (what?.layer === layer && what.image === image) this.#stroke?.stroke.rebase(ty, tx);
  }

  #stepThroughHistory(kind: "undo" | "redo", step: Step | null): void {
    this.cancelStroke();
    const direction = kind === "undo" ? "back" : "again";
    if (!step) {
      this.#send(this.#blank(kind), { kind: "unknown" }, null);
      return;
    }
    for (const part of step.tiles) replay(this.of(part.image).layers[part.layer], part, step.rule, direction);
    if (step.classes) this.classes = kind === "undo" ? step.classes.before : step.classes.after;
    const gained = pixelsGained(step).map((pixels) => (kind === "undo" ? -pixels : pixels));
    this.#send(this.#blank(kind), { kind: direction, step }, gained);
  }

  #send(operation: Operation, effect: Effect, gained: Float64Array | null): void {
    const entry = this.#options.outbox.add(this.#options.projectId, operation);
    this.#pending.push({ entry, effect, gained, locked: lockedIds(this.classes) });
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

  /** Images that were never learned hold no tile that could be out of date. */
  #markStale(tiles: readonly Schemas["LayerTile"][]): void {
    for (const { image = 0, layer, ty, tx } of tiles) this.#images.get(image)?.markStale(layer, ty, tx);
  }

  #markStaleBy(effect: Effect | undefined): void {
    if (effect?.kind === "everywhere") {
      for (const labels of this.#images.values()) {
        if (effect.image !== null && effect.image !== labels.image) continue;
        for (const layer of effect.layers) labels.markAllStale(layer);
      }
    } else if (effect) {
      this.#markStale(tilesOf(effect));
    }
  }

  /** Tiles of an image that operations on their way go over. */
  #touched(image: number): StaleTile[] {
    return this.#pending.flatMap(({ effect }) => tilesOf(effect).filter((tile) => tile.image === image));
  }

  /** Takes up an operation that an earlier page left behind, before any tile is fetched. */
  #restore(entry: OutboxEntry): void {
    const { operation } = entry;
    if (operation.kind === "classes" && operation.classes) this.classes = operation.classes;
    this.#pending.push({ entry, effect: effectOf(operation, this.classes), gained: null, locked: new Set() });
  }

  /** Labelled pixels of all images that a rule for every pixel takes away. */
  #goneWith(rule: RuleTable): Float64Array {
    const gone = new Float64Array(256);
    for (const [classId, pixels] of Object.entries(this.labelledPixels)) {
      if (rule[Number(classId)] === 0) gone[Number(classId)] = -pixels;
    }
    return gone;
  }

  #ruleOf(what: StrokeKind): RuleTable {
    const locked = lockedIds(this.classes);
    return what.kind === "paint" ? paintRule(what.classId, what.overwrite, locked) : eraseRule(what.classId, locked);
  }

  #blank(kind: Operation["kind"]): Operation {
    const { clientId, nextSeq } = this.#options.identity;
    return {
      client_id: clientId,
      client_seq: nextSeq(),
      base_revision: this.revision,
      kind,
      image: 0,
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
