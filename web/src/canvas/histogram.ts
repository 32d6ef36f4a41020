// Histogram of one channel from the tiles that are there.

import type { TileStore } from "./tileStore";

export const HISTOGRAM_BINS = 256;

/** The image never changes, so that what was counted over a whole level stays right. */
const counted = new WeakMap<TileStore, Map<string, Float64Array>>();

/** Counts over `low` to `high`, from the finest level that is there as a whole; empty where none is. */
export function histogramOf(store: TileStore, channel: number, low: number, high: number): Float64Array {
  const level = finestWholeLevel(store);
  if (level === null) return new Float64Array(HISTOGRAM_BINS);
  const known = counted.get(store) ?? new Map<string, Float64Array>();
  counted.set(store, known);
  const name = [level, channel, low, high].join(" ");
  const counts = known.get(name) ?? countLevel(store, level, channel, { low, high });
  known.set(name, counts);
  return counts;
}

function countLevel(
  store: TileStore,
  level: number,
  channel: number,
  range: { low: number; high: number },
): Float64Array {
  const { low, high } = range;
  const counts = new Float64Array(HISTOGRAM_BINS);
  const factor = high > low ? HISTOGRAM_BINS / (high - low) : 0;
  for (let ty = 0; ty < store.grid.rows(level); ty++) {
    for (let tx = 0; tx < store.grid.columns(level); tx++) {
      const tile = store.peek({ level, ty, tx });
      if (!tile) continue;
      const size = tile.width * tile.height;
      const plane = tile.pixels.subarray(channel * size, (channel + 1) * size);
      for (let index = 0; index < size; index++) {
        const bin = Math.min(Math.floor(((plane[index] as number) - low) * factor), HISTOGRAM_BINS - 1);
        // NaN falls through: it is no grey value.
        if (bin >= 0) counts[bin] = (counts[bin] as number) + 1;
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
