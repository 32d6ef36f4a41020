// Which part of the image to prepare for what is on the screen: level, rectangle, margin.

import type { Rect, TileGrid } from "../canvas/grid";
import { boundsOf, type View } from "../canvas/view";

/** A rectangle of one level of the pyramid, in pixels of that level, half-open. */
export interface ViewRectangle {
  level: number;
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export const MAX_VIEW_PIXELS = 2_000_000;
/** A level of at most so many pixels is taken whole. */
const WHOLE_PIXELS = 1_400_000;
/** Shares of the screen's sides to add on each side, the first that fits. */
const MARGINS = [0.25, 0.1, 0];
/** Coordinates are multiples of this, so that a little movement asks for the same again. */
const STEP = 128;
/** However far a person zooms in, surroundings are needed to tell a thing from its background. */
const SMALLEST_SIDE = 512;

/**
 * The part to prepare for a view. Its pixels are about as large as the screen's: the level is never finer than that,
 * and coarser only where the limit of pixels wants it.
 */
export function planView(view: View, grid: TileGrid): ViewRectangle {
  const wanted = Math.round(Math.log2(1 / view.zoom));
  for (let level = Math.min(Math.max(wanted, 0), grid.levels - 1); ; level++) {
    const planned = planAt(level, view, grid);
    if (planned || level === grid.levels - 1) return planned ?? wholeLevel(level, grid);
  }
}

/** What of the image is on the screen, in pixels of a level. */
export function shownAt(level: number, view: View, grid: TileGrid): Rect {
  const { x0, y0, x1, y1 } = boundsOf(view);
  const scale = 2 ** level;
  return {
    x0: Math.max(0, x0 / scale),
    y0: Math.max(0, y0 / scale),
    x1: Math.min(grid.levelWidth(level), x1 / scale),
    y1: Math.min(grid.levelHeight(level), y1 / scale),
  };
}

export function coversShown({ level, top, left, bottom, right }: ViewRectangle, view: View, grid: TileGrid): boolean {
  const { x0, y0, x1, y1 } = shownAt(level, view, grid);
  return left <= x0 && top <= y0 && right >= x1 && bottom >= y1;
}

function planAt(level: number, view: View, grid: TileGrid): ViewRectangle | null {
  const whole = wholeLevel(level, grid);
  if (pixelsOf(whole) <= WHOLE_PIXELS) return whole;
  for (const margin of MARGINS) {
    const { x0, y0, x1, y1 } = shownAt(level, view, grid);
    const [left, right] = widened(x0, x1, margin, grid.levelWidth(level));
    const [top, bottom] = widened(y0, y1, margin, grid.levelHeight(level));
    const planned = { level, top, left, bottom, right };
    if (pixelsOf(planned) <= MAX_VIEW_PIXELS) return planned;
  }
  return null;
}

function widened(start: number, end: number, margin: number, limit: number): [number, number] {
  const side = Math.max(0, end - start);
  const extra = Math.max(side * margin, (SMALLEST_SIDE - side) / 2, 0);
  const low = Math.floor((start - extra) / STEP) * STEP;
  const high = Math.ceil((end + extra) / STEP) * STEP;
  return [Math.max(0, low), Math.min(limit, high)];
}

function wholeLevel(level: number, grid: TileGrid): ViewRectangle {
  return { level, top: 0, left: 0, bottom: grid.levelHeight(level), right: grid.levelWidth(level) };
}

function pixelsOf({ top, left, bottom, right }: ViewRectangle): number {
  return (bottom - top) * (right - left);
}
