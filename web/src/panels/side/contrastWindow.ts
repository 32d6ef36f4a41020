// The display window of one channel: which grey is black, which is white.

import type { Schemas } from "../../state/contract";

export type GreyWindow = Schemas["Window"];

/** The smallest step of a handle: 1 for integers, a thousandth of the range for the rest. */
export function windowStep(range: GreyWindow, isInteger: boolean): number {
  return isInteger ? 1 : (range.high - range.low) / 1000 || 1e-6;
}

/** `window` inside `range` and at least one step wide. */
export function clampedWindow(window: GreyWindow, range: GreyWindow, step: number): GreyWindow {
  const low = Math.min(Math.max(window.low, range.low), range.high - step);
  const high = Math.min(Math.max(window.high, low + step), range.high);
  return { low, high };
}

/** Channels that one pair of handles changes: the shown one, or all of a colour image. */
export function editedChannels(image: { channels: number; is_rgb: boolean }, shownChannel: number | null): number[] {
  if (shownChannel === null && image.is_rgb) return Array.from({ length: Math.min(3, image.channels) }, (_, c) => c);
  return [Math.min(shownChannel ?? 0, image.channels - 1)];
}

/** A histogram of integers in as many bins as there are values: more bins than values would leave gaps like a comb's. */
export function rebinned(counts: Float64Array, range: GreyWindow, isInteger: boolean): Float64Array {
  const width = range.high - range.low;
  if (!isInteger || width + 1 >= counts.length) return counts;
  const merged = new Float64Array(width + 1);
  // Bins are counted as floor(value × bins / width), the last value into the last bin.
  counts.forEach((count, bin) => {
    const value = Math.ceil((bin * width) / counts.length);
    merged[value] = (merged[value] ?? 0) + count;
  });
  return merged;
}

/**
 * The outline of a histogram as an SVG path in a box of `width` × `height`.
 *
 * Heights grow with the square root of the counts, so that small peaks are seen beside large ones. An empty histogram
 * gives an empty path.
 */
export function histogramPath(counts: Float64Array, width: number, height: number): string {
  const highest = counts.reduce((most, count) => Math.max(most, count), 0);
  if (highest === 0) return "";
  const step = width / counts.length;
  const points = Array.from(counts, (count, bin) => {
    const y = height - height * Math.sqrt(count / highest);
    return `L${(bin * step).toFixed(2)} ${y.toFixed(2)}L${((bin + 1) * step).toFixed(2)} ${y.toFixed(2)}`;
  });
  return `M0 ${height}${points.join("")}L${width} ${height}Z`;
}
