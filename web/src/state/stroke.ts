// A stroke while it is drawn: the pixels it covers so far, applied to the layer at once, and how the layer was before.

import { addressOf, TILE, TILE_PIXELS, tileKey } from "../canvas/grid";
import type { LabelLayer } from "./labelLayer";
import type { RuleTable } from "./rules";
import { encodeRuns, type Runs } from "./runs";

interface TouchedTile {
  mask: Uint8Array;
  before: Uint8Array;
}

/** One tile of a finished stroke: the pixels it covers, and the classes of the tile before. */
export interface StrokeTile {
  ty: number;
  tx: number;
  covered: Runs;
  before: Uint8Array;
}

export class Stroke {
  readonly layer: LabelLayer;
  readonly rule: RuleTable;
  readonly #touched = new Map<number, TouchedTile>();
  #changesAnything = false;

  constructor(layer: LabelLayer, rule: RuleTable) {
    this.layer = layer;
    this.rule = rule;
  }

  /** True where any pixel got another class. */
  get changesAnything(): boolean {
    return this.#changesAnything;
  }

  /** Covers pixels x0 to x1 - 1 of row y; what lies outside the image is left out. */
  coverRow(y: number, x0: number, x1: number): void {
    if (y < 0 || y >= this.layer.height) return;
    const end = Math.min(x1, this.layer.width);
    let x = Math.max(x0, 0);
    while (x < end) {
      const tx = x >> 8;
      const stop = Math.min(end, (tx + 1) * TILE);
      this.#coverRowOfTile(y >> 8, tx, y & 255, x & 255, stop - tx * TILE);
      x = stop;
    }
  }

  /** Covers the pixels of a tile's mask that are not 0; none of them may lie outside the image. */
  coverMask(ty: number, tx: number, mask: Uint8Array): void {
    for (let row = 0; row < TILE; row++) {
      const offset = row * TILE;
      let x = 0;
      while (x < TILE) {
        while (x < TILE && mask[offset + x] === 0) x++;
        const start = x;
        while (x < TILE && mask[offset + x] !== 0) x++;
        if (x > start) this.#coverRowOfTile(ty, tx, row, start, x);
      }
    }
  }

  /** Puts the layer back as it was before the stroke. */
  cancel(): void {
    for (const [key, { mask, before }] of this.#touched) {
      const { ty, tx } = addressOf(key);
      const tile = this.layer.writableTile(ty, tx);
      for (let index = 0; index < TILE_PIXELS; index++) {
        const now = tile[index] as number;
        const old = before[index] as number;
        if (mask[index] === 0 || now === old) continue;
        tile[index] = old;
        this.layer.recount(now, old);
      }
      this.layer.changed(ty, tx, { x0: 0, y0: 0, x1: TILE, y1: TILE });
    }
    this.#touched.clear();
  }

  /** Draws the stroke again over a tile that was replaced. */
  rebase(ty: number, tx: number): void {
    const touched = this.#touched.get(tileKey(0, ty, tx));
    if (!touched) return;
    touched.before = this.layer.writableTile(ty, tx).slice();
    if (this.layer.applyRule(ty, tx, encodeRuns(touched.mask), this.rule) > 0) this.#changesAnything = true;
  }

  /** The tiles it covers, in order. */
  finish(): StrokeTile[] {
    const keys = [...this.#touched.keys()].sort((a, b) => a - b);
    return keys.map((key) => {
      const { ty, tx } = addressOf(key);
      const { mask, before } = this.#touched.get(key) as TouchedTile;
      return { ty, tx, covered: encodeRuns(mask), before };
    });
  }

  #coverRowOfTile(ty: number, tx: number, row: number, x0: number, x1: number): void {
    const tile = this.layer.writableTile(ty, tx);
    const { mask } = this.#touchedTile(ty, tx, tile);
    const { rule, layer } = this;
    const offset = row * TILE;
    let first = -1;
    let last = -1;
    // Most of a brush's circle is covered already when it moves a little; the browser's search skips that quickly.
    const start = mask.indexOf(0, offset + x0);
    for (let index = start < 0 ? TILE_PIXELS : start; index < offset + x1; index++) {
      if (mask[index] !== 0) continue;
      mask[index] = 1;
      const old = tile[index] as number;
      const next = rule[old] as number;
      if (next === old) continue;
      tile[index] = next;
      layer.recount(old, next);
      if (first < 0) first = index - offset;
      last = index - offset;
    }
    if (first < 0) return;
    this.#changesAnything = true;
    layer.changed(ty, tx, { x0: first, y0: row, x1: last + 1, y1: row + 1 });
  }

  #touchedTile(ty: number, tx: number, tile: Uint8Array): TouchedTile {
    const key = tileKey(0, ty, tx);
    let touched = this.#touched.get(key);
    if (!touched) {
      touched = { mask: new Uint8Array(TILE_PIXELS), before: tile.slice() };
      this.#touched.set(key, touched);
    }
    return touched;
  }
}
