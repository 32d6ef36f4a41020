// Histogram of one channel from the tiles that are there.

import type { TileStore } from "./tileStore";

export const HISTOGRAM_BINS = 256;

/** Counts over `low` to `high`, from the finest level that is there as a whole; empty where none is. */
export function histogramOf(store: TileStore, channel: number, low: number, high: number): Float64Array {
  const counts = new Float64Array(HISTOGRAM_BINS);
  const level = finestWholeLevel(store);
  if (level === null) return counts;
  const factor = high > low ? HISTOGRAM_BINS / (high - low) : 0;
  for (let ty = 0; ty < store.grid.rows(level); ty++) {
    for (let tx = 0; tx < store.grid.columns(level); tx++) {
      const tile = store.peek({ level, ty, tx });
      if (!tile) continue;
      const size = tile.width * tile.height;
      for (const value of tile.pixels.subarray(channel * size, (channel + 1) * size)) {
        const bin = Math.floor((value - low) * factor);
        // NaN falls through: it is no grey value.
        if (bin >= 0) counts[Math.min(bin, HISTOGRAM_BINS - 1)] = (counts[Math.min(bin, HISTOGRAM_BINS - 1)] ?? 0) + 1;
      }
    }
  }
  return counts;
}

function finestWholeLevel(store: TileStore): number | null {
  const { grid } = store;
  const present = new Array<number>(grid.levels).fill(0);
  for (const { level } of store.addresses()) present[level] = (present[level] ?? 0) + 1;
  const finest = present.findIndex((count, level) => count === grid.rows(level) * grid.columns(level));
  return finest < 0 ? null : finest;
}
