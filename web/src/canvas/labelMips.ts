// Coarser levels of a drawn layer, computed here: a coarse pixel has the class that most of its four have, 0 only where
// all are 0, and the smaller id where two are equally frequent, as the server reduces labels.

import type { LabelLayer } from "../state/labelLayer";
import { addressOf, halved, type Rect, TILE, TILE_PIXELS, tileKey, union } from "./grid";

interface MipTile {
  pixels: Uint8Array;
  /** Pixels to compute again. */
  dirty: Rect | null;
}

const WHOLE_TILE: Rect = { x0: 0, y0: 0, x1: TILE, y1: TILE };

export class LabelMips {
  readonly #layer: LabelLayer;
  readonly #levels: number;
  readonly #tiles = new Map<number, MipTile>();
  /** Keys of all tiles, of all levels, under which anything was drawn. */
  readonly #occupied = new Set<number>();

  constructor(layer: LabelLayer, levels: number) {
    this.#layer = layer;
    this.#levels = levels;
    for (const key of layer.keys) this.#occupy(key);
  }

  get bytes(): number {
    return this.#tiles.size * TILE_PIXELS;
  }

  /** Follows a change of the layer; calls `visit` with the tiles of all levels that it touches. */
  changed(key: number, rect: Rect, visit: (level: number, ty: number, tx: number, rect: Rect) => void): void {
    this.#occupy(key);
    const { ty, tx } = addressOf(key);
    visit(0, ty, tx, rect);
    let part = rect;
    for (let level = 1; level < this.#levels; level++) {
      part = quarter(halved(part), ty >> (level - 1), tx >> (level - 1));
      const tile = this.#tiles.get(tileKey(level, ty >> level, tx >> level));
      if (tile) tile.dirty = tile.dirty ? union(tile.dirty, part) : part;
      visit(level, ty >> level, tx >> level, part);
    }
  }

  /** Class ids of a tile, 256 columns wide; null where nothing was drawn. */
  tile(level: number, ty: number, tx: number): Uint8Array | null {
    if (level === 0) return this.#layer.tile(ty, tx) ?? null;
    const key = tileKey(level, ty, tx);
    if (!this.#occupied.has(key)) return null;
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = { pixels: new Uint8Array(TILE_PIXELS), dirty: WHOLE_TILE };
      this.#tiles.set(key, tile);
    }
    if (tile.dirty) {
      const dirty = tile.dirty;
      tile.dirty = null;
      this.#reduce(tile.pixels, level, ty, tx, dirty);
    }
    return tile.pixels;
  }

  #occupy(key: number): void {
    const { ty, tx } = addressOf(key);
    for (let level = 0; level < this.#levels; level++) this.#occupied.add(tileKey(level, ty >> level, tx >> level));
  }

  #reduce(target: Uint8Array, level: number, ty: number, tx: number, dirty: Rect): void {
    for (const [down, right] of QUARTERS) {
      const x0 = Math.max(dirty.x0, right * 128);
      const x1 = Math.min(dirty.x1, right * 128 + 128);
      const y0 = Math.max(dirty.y0, down * 128);
      const y1 = Math.min(dirty.y1, down * 128 + 128);
      if (x0 >= x1 || y0 >= y1) continue;
      const source = this.tile(level - 1, 2 * ty + down, 2 * tx + right);
      for (let y = y0; y < y1; y++) {
        const row = y * TILE;
        if (!source) target.fill(0, row + x0, row + x1);
        else reduceRow(source, (y - down * 128) * 2 * TILE - right * TILE, target, row, x0, x1);
      }
    }
  }
}

const QUARTERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

/** Where a quarter-sized rectangle of a tile's child lies in the tile. */
function quarter(rect: Rect, childTy: number, childTx: number): Rect {
  const x = (childTx & 1) * 128;
  const y = (childTy & 1) * 128;
  return { x0: rect.x0 + x, y0: rect.y0 + y, x1: rect.x1 + x, y1: rect.y1 + y };
}

/** Halves two rows of `source` (its pixel 0 of the upper row at `offset` for x = 0) into pixels x0 to x1 - 1 of `target`. */
function reduceRow(source: Uint8Array, offset: number, target: Uint8Array, row: number, x0: number, x1: number): void {
  for (let x = x0; x < x1; x++) {
    const at = offset + 2 * x;
    const a = source[at] as number;
    const b = source[at + 1] as number;
    const c = source[at + TILE] as number;
    const d = source[at + TILE + 1] as number;
    target[row + x] = a === b && b === c && c === d ? a : mostFrequent(a, b, c, d);
  }
}

function mostFrequent(a: number, b: number, c: number, d: number): number {
  let best = 0;
  let bestCount = 0;
  for (const candidate of [a, b, c, d]) {
    if (candidate === 0) continue;
    const count = Number(a === candidate) + Number(b === candidate) + Number(c === candidate) + Number(d === candidate);
    if (count > bestCount || (count === bestCount && candidate < best)) {
      best = candidate;
      bestCount = count;
    }
  }
  return best;
}
