// Pixels whose centres lie inside a polygon, by the even-odd rule.

import type { Point } from "../canvas/view";
import type { CoverRow } from "./capsule";

/** Covers the pixels inside, row by row from `top` to `bottom` - 1; the polygon closes itself. */
export function coverPolygon(corners: readonly Point[], top: number, bottom: number, cover: CoverRow): void {
  const ys = corners.map((corner) => corner.y);
  const first = Math.max(top, Math.ceil(Math.min(...ys) - 0.5));
  const last = Math.min(bottom - 1, Math.floor(Math.max(...ys) - 0.5));
  for (let row = first; row <= last; row++) {
    const crossings = crossingsAt(corners, row + 0.5);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const x0 = Math.ceil((crossings[index] as number) - 0.5);
      const x1 = Math.ceil((crossings[index + 1] as number) - 0.5);
      if (x1 > x0) cover(row, x0, x1);
    }
  }
}

function crossingsAt(corners: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  let from = corners[corners.length - 1];
  for (const to of corners) {
    if (from && from.y > y !== to.y > y) {
      crossings.push(from.x + ((y - from.y) * (to.x - from.x)) / (to.y - from.y));
    }
    from = to;
  }
  return crossings.sort((a, b) => a - b);
}
