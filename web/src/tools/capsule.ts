// Pixels within a radius of a line from a to b: what a round brush covers between two positions.

import type { Point } from "../canvas/view";

/** Pixels x0 to x1 - 1 of row y. */
export type CoverRow = (y: number, x0: number, x1: number) => void;

/** Covers each pixel whose centre lies at most `radius` from the line between `a` and `b`, row by row. */
export function coverCapsule(a: Point, b: Point, radius: number, cover: CoverRow): void {
  const top = Math.ceil(Math.min(a.y, b.y) - radius - 0.5);
  const bottom = Math.floor(Math.max(a.y, b.y) + radius - 0.5);
  const inside = insideCapsule(a, b, radius);
  for (let row = top; row <= bottom; row++) {
    const [left, right] = rowExtent(a, b, radius, row + 0.5);
    if (left > right) continue;
    // The extent is right but for rounding; the exact test decides about the pixels at both ends.
    let first = Math.floor(left - 0.5);
    let end = Math.ceil(right + 0.5);
    while (first < end && !inside(first + 0.5, row + 0.5)) first++;
    while (end > first && !inside(end - 0.5, row + 0.5)) end--;
    if (end > first) cover(row, first, end);
  }
}

/** The test whether a point is at most `radius` from the line between `a` and `b`. */
export function insideCapsule(a: Point, b: Point, radius: number): (x: number, y: number) => boolean {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length2 = dx * dx + dy * dy;
  const radius2 = radius * radius;
  return (x, y) => {
    const along = length2 === 0 ? 0 : ((x - a.x) * dx + (y - a.y) * dy) / length2;
    const t = along < 0 ? 0 : along > 1 ? 1 : along;
    const ex = x - a.x - t * dx;
    const ey = y - a.y - t * dy;
    return ex * ex + ey * ey <= radius2;
  };
}

/** Least and greatest x of the capsule at height y; the least is above the greatest where there is none. */
function rowExtent(a: Point, b: Point, radius: number, y: number): [number, number] {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  const include = (x: number): void => {
    left = Math.min(left, x);
    right = Math.max(right, x);
  };
  for (const end of [a, b]) {
    const half2 = radius * radius - (y - end.y) ** 2;
    if (half2 < 0) continue;
    const half = Math.sqrt(half2);
    include(end.x - half);
    include(end.x + half);
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length === 0) return [left, right];
  const nx = (-(b.y - a.y) / length) * radius;
  const ny = ((b.x - a.x) / length) * radius;
  for (const side of [1, -1]) {
    const y0 = a.y + side * ny;
    const y1 = b.y + side * ny;
    if (y0 === y1 || (y - y0) * (y - y1) > 0) continue;
    include(a.x + side * nx + ((y - y0) / (y1 - y0)) * (b.x - a.x));
  }
  return [left, right];
}
