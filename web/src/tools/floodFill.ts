// Flood fill over tiles: which pixels are connected (4-neighbourhood) to a start through pixels that match.

import { TILE, TILE_PIXELS, tileKey } from "../canvas/grid";

export interface FloodSource {
  width: number;
  height: number;
  /** 256 × 256 mask of the pixels of a tile that may be filled; 0 outside the image. */
  matches(ty: number, tx: number): Promise<Uint8Array>;
}

export interface FloodTile {
  ty: number;
  tx: number;
  mask: Uint8Array;
}

export interface FloodResult {
  tiles: FloodTile[];
  pixels: number;
  /** The limit was reached, so that parts are missing. */
  cut: boolean;
}

interface FloodLimits {
  maxPixels: number;
  signal: AbortSignal;
}

interface OpenTile extends FloodTile {
  matches: Uint8Array;
}

/** Fills from pixel (x, y), tile after tile outward; throws the signal's reason where it is aborted. */
export async function floodFill(
  source: FloodSource,
  x: number,
  y: number,
  { maxPixels, signal }: FloodLimits,
): Promise<FloodResult> {
  const open = new Map<number, OpenTile>();
  const waiting = new Map<number, { ty: number; tx: number; seeds: number[] }>();
  const seed = (ty: number, tx: number, position: number): void => {
    if (ty < 0 || tx < 0 || ty * TILE >= source.height || tx * TILE >= source.width) return;
    const key = tileKey(0, ty, tx);
    if (open.get(key)?.mask[position]) return;
    const entry = waiting.get(key);
    if (entry) entry.seeds.push(position);
    else waiting.set(key, { ty, tx, seeds: [position] });
  };
  seed(y >> 8, x >> 8, (y & 255) * TILE + (x & 255));
  let pixels = 0;
  while (waiting.size > 0 && pixels < maxPixels) {
    const [key, { ty, tx, seeds }] = waiting.entries().next().value as [
      number,
      { ty: number; tx: number; seeds: number[] },
    ];
    waiting.delete(key);
    let tile = open.get(key);
    if (!tile) {
      const matches = await source.matches(ty, tx);
      signal.throwIfAborted();
      tile = { ty, tx, mask: new Uint8Array(TILE_PIXELS), matches };
      open.set(key, tile);
    }
    pixels += floodTile(tile, seeds, seed);
  }
  const tiles = [...open.values()].map(({ ty, tx, mask }) => ({ ty, tx, mask }));
  return { tiles, pixels, cut: waiting.size > 0 };
}

/** Fills one tile from `seeds`, and passes on what touches its border; returns how many pixels it filled. */
function floodTile(
  { ty, tx, mask, matches }: OpenTile,
  seeds: number[],
  seed: (ty: number, tx: number, position: number) => void,
): number {
  const isFree = (position: number): boolean => matches[position] !== 0 && mask[position] === 0;
  const stack = seeds;
  let filled = 0;
  while (stack.length > 0) {
    const position = stack.pop() as number;
    if (!isFree(position)) continue;
    const rowStart = position & ~255;
    let left = position;
    while (left > rowStart && isFree(left - 1)) left--;
    let right = position;
    while (right < rowStart + 255 && isFree(right + 1)) right++;
    mask.fill(1, left, right + 1);
    filled += right - left + 1;
    if (left === rowStart) seed(ty, tx - 1, rowStart + 255);
    if (right === rowStart + 255) seed(ty, tx + 1, rowStart);
    for (let at = left; at <= right; at++) {
      if (rowStart === 0) seed(ty - 1, tx, TILE_PIXELS - TILE + at);
      else if (isFree(at - TILE) && (at === left || !isFree(at - TILE - 1))) stack.push(at - TILE);
      if (rowStart === TILE_PIXELS - TILE) seed(ty + 1, tx, at - rowStart);
      else if (isFree(at + TILE) && (at === left || !isFree(at + TILE - 1))) stack.push(at + TILE);
    }
  }
  return filled;
}
