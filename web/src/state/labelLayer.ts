// A drawn layer (labels or edits) at image resolution: sparse 256 px tiles of class ids, changed in place.

import { type Rect, TILE, TILE_PIXELS, tileKey, union } from "../canvas/grid";
import type { RuleTable } from "./rules";
import { eachRun, type Runs } from "./runs";

export class LabelLayer {
  readonly width: number;
  readonly height: number;
  /** Called when the first pixels change after `takeDirty`. */
  onDirty: () => void = () => {};
  readonly #tiles = new Map<number, Uint8Array>();
  #dirty = new Map<number, Rect>();

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }

  get bytes(): number {
    return this.#tiles.size * TILE_PIXELS;
  }

  get keys(): number[] {
    return [...this.#tiles.keys()];
  }

  /** Class ids of a tile, 256 columns wide also at the image's edge; undefined where nothing was ever drawn. */
  tile(ty: number, tx: number): Uint8Array | undefined {
    return this.#tiles.get(tileKey(0, ty, tx));
  }

  /** The tile to change in place; follow it with `changed`. */
  writableTile(ty: number, tx: number): Uint8Array {
    const key = tileKey(0, ty, tx);
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = new Uint8Array(TILE_PIXELS);
      this.#tiles.set(key, tile);
    }
    return tile;
  }

  /** 0 where unlabelled, and outside the image. */
  valueAt(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0;
    return this.tile(y >> 8, x >> 8)?.[(y & 255) * TILE + (x & 255)] ?? 0;
  }

  /** Says that pixels of a tile changed, so that what is drawn from it follows. */
  changed(ty: number, tx: number, rect: Rect): void {
    const key = tileKey(0, ty, tx);
    const known = this.#dirty.get(key);
    if (!known && this.#dirty.size === 0) this.onDirty();
    this.#dirty.set(key, known ? union(known, rect) : rect);
  }

  /** What changed since the last call. */
  takeDirty(): Map<number, Rect> {
    const taken = this.#dirty;
    if (taken.size > 0) this.#dirty = new Map();
    return taken;
  }

  /** Puts in a tile as the server has it: `pixels` row-major with `columns` columns. */
  replaceTile(ty: number, tx: number, pixels: Uint8Array, columns: number): void {
    if (!this.tile(ty, tx) && pixels.every((classId) => classId === 0)) return;
    const tile = this.writableTile(ty, tx);
    tile.fill(0);
    for (let row = 0; row * columns < pixels.length; row++) {
      tile.set(pixels.subarray(row * columns, (row + 1) * columns), row * TILE);
    }
    this.changed(ty, tx, WHOLE_TILE);
  }

  /** Changes the pixels of `runs` by a rule; returns how many changed. */
  applyRule(ty: number, tx: number, runs: Runs, rule: RuleTable): number {
    const tile = this.writableTile(ty, tx);
    let changes = 0;
    eachRun(runs, (start, end) => {
      for (let index = start; index < end; index++) {
        const old = tile[index] as number;
        const next = rule[old] as number;
        if (next === old) continue;
        tile[index] = next;
        changes++;
      }
    });
    if (changes > 0) this.changed(ty, tx, WHOLE_TILE);
    return changes;
  }
}

const WHOLE_TILE: Rect = { x0: 0, y0: 0, x1: TILE, y1: TILE };
