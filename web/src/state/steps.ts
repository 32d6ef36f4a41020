// Steps of labelling that this page made, so that undo and redo show at once. The server's answer is what counts: it
// lists the tiles that changed, and they are fetched again.

import { addressOf, type Rect, TILE } from "../canvas/grid";
import type { ClassInfo } from "./contract";
import type { ImageLabels } from "./imageLabels";
import type { LabelLayer } from "./labelLayer";
import type { RuleTable } from "./rules";
import { eachRun, encodeRuns, type Runs } from "./runs";

export type LayerName = "labels" | "edits";

/** Pixels of one tile that a step went over, and the classes of the tile before. */
export interface StepTile {
  image: number;
  layer: LayerName;
  ty: number;
  tx: number;
  covered: Runs;
  before: Uint8Array;
}

export interface Step {
  /** The image that it touched; null where it touched all of them. */
  image: number | null;
  rule: RuleTable;
  tiles: StepTile[];
  /** The class list before and after, where the step changed it. */
  classes: { before: ClassInfo[]; after: ClassInfo[] } | null;
}

/** Changes a whole layer of an image by a rule, and returns what changed. */
export function changeEverywhere({ image, layers }: ImageLabels, name: LayerName, rule: RuleTable): StepTile[] {
  const layer = layers[name];
  const tiles: StepTile[] = [];
  for (const key of layer.keys) {
    const { ty, tx } = addressOf(key);
    const before = layer.writableTile(ty, tx).slice();
    const covered = encodeRuns(before.map((classId) => (rule[classId] !== classId ? 1 : 0)));
    if (covered.length === 0) continue;
    layer.applyRule(ty, tx, covered, rule);
    tiles.push({ image, layer: name, ty, tx, covered, before });
  }
  return tiles;
}

/** Takes one tile's part of a step back in those pixels that still have the class it gave them, or repeats it. */
export function replay(layer: LabelLayer, part: StepTile, rule: RuleTable, direction: "back" | "again"): void {
  const tile = layer.writableTile(part.ty, part.tx);
  eachRun(part.covered, (start, end) => {
    for (let index = start; index < end; index++) {
      const before = part.before[index] as number;
      const after = rule[before] as number;
      const [from, to] = direction === "back" ? [after, before] : [before, after];
      if (from === to || tile[index] !== from) continue;
      tile[index] = to;
    }
  });
  layer.changed(part.ty, part.tx, WHOLE_TILE);
}

/** By how many labelled pixels each class grows, or shrinks, with a step. */
export function pixelsGained({ tiles, rule }: Pick<Step, "tiles" | "rule">): Float64Array {
  // By the class before: a big brush covers millions of pixels, and the frame waits for this.
  const covered = new Uint32Array(256);
  for (const { layer, covered: runs, before } of tiles) {
    if (layer !== "labels") continue;
    for (let at = 0; at < runs.length; at += 2) {
      const start = runs[at] as number;
      const end = start + (runs[at + 1] as number) + 1;
      for (let index = start; index < end; index++) (covered[before[index] as number] as number)++;
    }
  }
  const gained = new Float64Array(256);
  for (let old = 0; old < 256; old++) {
    const next = rule[old] as number;
    gained[old] = (gained[old] as number) - (covered[old] as number);
    gained[next] = (gained[next] as number) + (covered[old] as number);
  }
  return gained;
}

const WHOLE_TILE: Rect = { x0: 0, y0: 0, x1: TILE, y1: TILE };
const MAX_TILES = 1024;

/** The last steps that can be undone and redone here; older ones, and those of others, are known to the server only. */
export class StepStacks {
  #undo: Step[] = [];
  #redo: Step[] = [];

  push(step: Step): void {
    this.#undo.push(step);
    this.#redo = [];
    let kept = 0;
    const oldest = this.#undo.findLastIndex((earlier) => {
      kept += earlier.tiles.length;
      return kept > MAX_TILES;
    });
    if (oldest >= 0) this.#undo.splice(0, oldest + 1);
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** The step that would be taken back now, or repeated. */
  get nextUndo(): Step | undefined {
    return this.#undo.at(-1);
  }

  get nextRedo(): Step | undefined {
    return this.#redo.at(-1);
  }

  /** The step that the server will take back now; null where only the server knows it. */
  undo(): Step | null {
    const step = this.#undo.pop();
    if (!step) {
      this.forget();
      return null;
    }
    this.#redo.push(step);
    return step;
  }

  redo(): Step | null {
    const step = this.#redo.pop();
    if (!step) {
      this.forget();
      return null;
    }
    this.#undo.push(step);
    return step;
  }

  /** What comes next is not known here: someone else changed the labels. */
  forget(): void {
    this.#undo = [];
    this.#redo = [];
  }
}
