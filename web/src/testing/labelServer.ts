// A plain model of the server's labels for tests: whole arrays, one log, the rules written out pixel by pixel.

import type { Schemas } from "../api/client";
import { ApiError, unreachable } from "../api/error";
import { eachRun, fromBase64 } from "../state/runs";
import type { LayerName } from "../state/steps";

type Operation = Schemas["Operation"];
type Ack = Schemas["OperationAck"];
type ClassInfo = Schemas["ClassInfo"];

interface Change {
  image: number;
  layer: LayerName;
  index: number;
  before: number;
  after: number;
}

interface Step {
  name: string;
  /** The image that it touched; null for class lists. */
  image: number | null;
  changes: Change[];
  classes: { before: ClassInfo[]; after: ClassInfo[] } | null;
}

interface LogEntry {
  tiles: Set<string>;
}

/** What happens to a request: it goes through, it is lost on the way there, or its answer is lost on the way back. */
export type Weather = "fine" | "request lost" | "answer lost";

const SIDE = 256;

export class LabelServer {
  readonly width: number;
  readonly height: number;
  /** Of each image, all of one size. */
  readonly images: readonly Record<LayerName, Uint8Array>[];
  classes: ClassInfo[];
  /** Names of the operations that were stored, in order. */
  readonly stored: string[] = [];
  weather: () => Weather = () => "fine";
  /** Hears of each operation that is stored, as those do who follow the project: with all tiles that it changed. */
  onStored: (ack: Ack) => void = () => {};
  /** Operations that are refused for good. */
  refuses: (operation: Operation) => boolean = () => false;
  readonly #log: LogEntry[] = [];
  readonly #answers = new Map<string, number>();
  #done: Step[] = [];
  #undone: Step[] = [];

  constructor(width: number, height: number, classes: ClassInfo[], images = 1) {
    this.width = width;
    this.height = height;
    const empty = () => new Uint8Array(width * height);
    this.images = Array.from({ length: images }, () => ({ labels: empty(), edits: empty() }));
    this.classes = classes;
  }

  /** Layers of the first image. */
  get layers(): Record<LayerName, Uint8Array> {
    return this.layersOf(0);
  }

  layersOf(image: number): Record<LayerName, Uint8Array> {
    const layers = this.images[image];
    if (!layers) throw new ApiError("not_found", "There is no such image.", "", 404);
    return layers;
  }

  get revision(): number {
    return this.#log.length;
  }

  get history(): Schemas["History"] {
    const [undo, redo] = [this.#done.at(-1), this.#undone.at(-1)];
    return {
      revision: this.revision,
      can_undo: undo !== undefined,
      can_redo: redo !== undefined,
      undo_name: undo?.name ?? null,
      redo_name: redo?.name ?? null,
      undo_image: undo?.image ?? null,
      redo_image: redo?.image ?? null,
      labelled_pixels: this.labelledPixels,
    };
  }

  get labelledPixels(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { labels } of this.images) {
      for (const classId of labels) if (classId > 0) counts[classId] = (counts[classId] ?? 0) + 1;
    }
    return counts;
  }

  /** Tiles of an image that hold anything. */
  tilesOf(image: number): Schemas["LayerTiles"] {
    const keysOf = (layer: LayerName) => {
      const keys = new Set<string>();
      this.layersOf(image)[layer].forEach((classId, index) => {
        if (classId > 0) keys.add(this.#tileKey(index));
      });
      return [...keys].map((key) => addressOf(key));
    };
    return { labels: keysOf("labels"), edits: keysOf("edits") };
  }

  /** Takes an operation as the route does, through the weather. */
  async send(operation: Operation): Promise<Ack> {
    const weather = this.weather();
    await Promise.resolve();
    if (weather === "request lost") throw unreachable();
    const ack = this.#take(operation);
    if (weather === "answer lost") throw unreachable();
    return ack;
  }

  async fetchTile(layer: LayerName, ty: number, tx: number, image = 0): Promise<Uint8Array> {
    if (this.weather() !== "fine") throw unreachable();
    const columns = Math.min(SIDE, this.width - tx * SIDE);
    const rows = Math.min(SIDE, this.height - ty * SIDE);
    const tile = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const start = (ty * SIDE + row) * this.width + tx * SIDE;
      tile.set(this.layersOf(image)[layer].subarray(start, start + columns), row * columns);
    }
    return tile;
  }

  #take(operation: Operation): Ack {
    const name = `${operation.client_id} ${operation.client_seq}`;
    const known = this.#answers.get(name);
    if (known !== undefined) return this.#ack(operation, known, true);
    if (this.refuses(operation)) throw new ApiError("parameter", "This operation is refused.", "", 422);
    if (operation.base_revision > this.revision) {
      throw new ApiError("revision_conflict", "The base revision does not exist.", "", 409);
    }
    const tiles = this.#apply(operation);
    this.#log.push({ tiles });
    this.#answers.set(name, this.revision);
    this.stored.push(name);
    const ack = this.#ack(operation, this.revision, false);
    this.onStored({ ...ack, changed: [...ack.changed, ...[...tiles].map(layerTile)] });
    return ack;
  }

  /** Returns the tiles that the answer has to list. */
  #apply(operation: Operation): Set<string> {
    const { kind, image = 0 } = operation;
    if (kind === "undo" || kind === "redo") return this.#travel(kind);
    const step: Step = {
      name: kind,
      image: kind === "classes" ? null : image,
      changes: this.#changesOf(operation),
      classes: null,
    };
    if (kind === "classes" && operation.classes) {
      step.classes = { before: this.classes, after: operation.classes };
      this.classes = operation.classes;
    }
    for (const change of step.changes) this.layersOf(change.image)[change.layer][change.index] = change.after;
    if (step.changes.length > 0 || step.classes) {
      this.#done.push(step);
      this.#undone = [];
    }
    return this.#tilesOfChanges(step.changes);
  }

  #travel(kind: "undo" | "redo"): Set<string> {
    const [from, to] = kind === "undo" ? [this.#done, this.#undone] : [this.#undone, this.#done];
    const step = from.pop();
    if (!step) return new Set();
    to.push(step);
    for (const { image, layer, index, before, after } of step.changes) {
      const [old, next] = kind === "undo" ? [after, before] : [before, after];
      const pixels = this.layersOf(image)[layer];
      if (pixels[index] === old) pixels[index] = next;
    }
    if (step.classes) this.classes = kind === "undo" ? step.classes.before : step.classes.after;
    return this.#tilesOfChanges(step.changes);
  }

  #changesOf(operation: Operation): Change[] {
    const { kind, image = 0, layer = "labels", class_id = null, overwrite = false, classes } = operation;
    const locked = new Set(this.classes.filter((entry) => entry.locked).map((entry) => entry.id));
    const next = (old: number): number => {
      switch (kind) {
        case "paint":
          return old === 0 || (overwrite && !locked.has(old)) ? (class_id ?? 0) : old;
        case "erase":
        case "clear":
          return (class_id === null || old === class_id) && !locked.has(old) ? 0 : old;
        case "classes":
          return classes?.some((entry) => entry.id === old) ? old : 0;
        default:
          return old;
      }
    };
    const everywhere = kind === "clear" || kind === "classes";
    const names: LayerName[] = kind === "classes" ? ["labels", "edits"] : [layer];
    const images = kind === "classes" ? [...this.images.keys()] : [image];
    const places = images.flatMap((at) => names.map((name) => ({ at, name, pixels: this.layersOf(at)[name] })));
    return places.flatMap(({ at, name, pixels }) => {
      const indices = everywhere ? pixels.keys() : this.#pixelsOf(operation);
      return [...indices].flatMap((index) => {
        const before = pixels[index] as number;
        const after = next(before);
        return after === before ? [] : [{ image: at, layer: name, index, before, after }];
      });
    });
  }

  #tilesOfChanges(changes: readonly Change[]): Set<string> {
    return new Set(changes.map(({ image, layer, index }) => `${image} ${layer} ${this.#tileKey(index)}`));
  }

  #pixelsOf(operation: Operation): number[] {
    const indices: number[] = [];
    for (const { ty, tx, runs } of operation.tiles ?? []) {
      eachRun(fromBase64(runs), (start, end) => {
        for (let at = start; at < end; at++) {
          indices.push((ty * SIDE + (at >> 8)) * this.width + tx * SIDE + (at & 255));
        }
      });
    }
    return indices;
  }

  #ack(operation: Operation, revision: number, duplicate: boolean): Ack {
    const isTravel = operation.kind === "undo" || operation.kind === "redo" || operation.kind === "classes";
    const changed = new Set<string>();
    for (let at = operation.base_revision; at < this.revision; at++) {
      if (at + 1 === revision && !isTravel) continue;
      for (const tile of this.#log[at]?.tiles ?? []) changed.add(tile);
    }
    return {
      client_seq: operation.client_seq,
      revision,
      duplicate,
      history: this.history,
      classes: this.classes,
      changed: [...changed].map(layerTile),
    };
  }

  #tileKey(index: number): string {
    return `${Math.floor(index / this.width / SIDE)} ${Math.floor((index % this.width) / SIDE)}`;
  }
}

function layerTile(key: string): Schemas["LayerTile"] {
  const [image, layer, ty, tx] = key.split(" ");
  return { image: Number(image), layer: layer as LayerName, ty: Number(ty), tx: Number(tx) };
}

function addressOf(key: string): { ty: number; tx: number } {
  const [ty, tx] = key.split(" ").map(Number);
  return { ty: ty as number, tx: tx as number };
}
