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
    const offset = row * TILE + x0;
    const mask = this.#touchedTile(ty, tx, tile).mask.subarray(offset, offset + x1 - x0);
    const pixels = tile.subarray(offset, offset + x1 - x0);
    let first = -1;
    let last = -1;
    // Most of a brush's circle is covered already when it moves a little; the browser's own search skips that quickly.
    let start = mask.indexOf(0);
    while (start >= 0) {
      const next = mask.indexOf(1, start);
      const end = next < 0 ? mask.length : next;
      mask.fill(1, start, end);
      if (this.#changePixels(pixels, start, end)) {
        if (first < 0) first = start;
        last = end;
      }
      start = next < 0 ? -1 : mask.indexOf(0, end);
    }
    if (first < 0) return;
    this.#changesAnything = true;
    this.layer.changed(ty, tx, { x0: x0 + first, y0: row, x1: x0 + last, y1: row + 1 });
  }

  /** Applies the rule to pixels `start` to `end` - 1; true where any changed. */
  #changePixels(pixels: Uint8Array, start: number, end: number): boolean {
    const { rule } = this;
    let hasChanged = false;
    let index = start;
    while (index < end) {
      // Neighbours mostly have the same class, and are changed together.
      const old = pixels[index] as number;
      const from = index;
      while (index < end && pixels[index] === old) index++;
      const next = rule[old] as number;
      if (next === old) continue;
      pixels.fill(next, from, index);
      hasChanged = true;
    }
    return hasChanged;
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
