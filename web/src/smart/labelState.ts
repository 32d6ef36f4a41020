// Tells the worker which class each pixel of the prepared views is labelled with: what changed, and only when asked.

import { type Rect, TILE, union } from "../canvas/grid";
import type { LabelPart } from "./protocol";
import type { ViewRectangle } from "./viewPlan";

/** Class ids of a tile of any level, 256 columns wide; null where nothing is drawn. */
export type DrawnTiles = (level: number, ty: number, tx: number) => Uint8Array | null;

interface FollowedView {
  view: ViewRectangle;
  /** Pixels of the view that the worker does not know; null where it knows all. */
  stale: Rect | null;
  /** The worker has been told of some labels; until then all is 0 there. */
  isTold: boolean;
}

export class LabelState {
  readonly #views = new Map<number, FollowedView>();

  follow(key: number, view: ViewRectangle): void {
    this.#views.set(key, { view, stale: wholeOf(view), isTold: false });
  }

  forget(key: number): void {
    this.#views.delete(key);
  }

  /** Pixels of one tile got other classes. */
  changed(level: number, ty: number, tx: number, rect: Rect): void {
    for (const followed of this.#views.values()) {
      const { view } = followed;
      if (view.level !== level) continue;
      const part = clip(
        {
          x0: tx * TILE + rect.x0 - view.left,
          y0: ty * TILE + rect.y0 - view.top,
          x1: tx * TILE + rect.x1 - view.left,
          y1: ty * TILE + rect.y1 - view.top,
        },
        wholeOf(view),
      );
      if (part) followed.stale = followed.stale ? union(followed.stale, part) : part;
    }
  }

  /** Another layer is drawn on. */
  changedEverywhere(): void {
    for (const followed of this.#views.values()) followed.stale = wholeOf(followed.view);
  }

  /** True where the worker would have to be told something. */
  isStale(key: number): boolean {
    return this.#views.get(key)?.stale !== null;
  }

  /** What the worker has to be told about a view before it is asked; null where it knows all. */
  take(key: number, tiles: DrawnTiles): LabelPart | null {
    const followed = this.#views.get(key);
    if (!followed?.stale) return null;
    const { view, stale } = followed;
    followed.stale = null;
    const classes = new Uint8Array((stale.x1 - stale.x0) * (stale.y1 - stale.y0));
    const isAnyDrawn = copyClasses(classes, view, stale, tiles);
    if (!isAnyDrawn && !followed.isTold) return null;
    followed.isTold = true;
    return { ...stale, classes };
  }
}

/** Copies the classes of a part of a view; false where nothing is drawn in it. */
function copyClasses(target: Uint8Array, view: ViewRectangle, part: Rect, tiles: DrawnTiles): boolean {
  const [left, top] = [view.left + part.x0, view.top + part.y0];
  const [right, bottom] = [view.left + part.x1, view.top + part.y1];
  const columns = right - left;
  let isAnyDrawn = false;
  for (let ty = top >> 8; ty * TILE < bottom; ty++) {
    for (let tx = left >> 8; tx * TILE < right; tx++) {
      const tile = tiles(view.level, ty, tx);
      if (!tile) continue;
      isAnyDrawn = true;
      const x0 = Math.max(left, tx * TILE);
      const x1 = Math.min(right, (tx + 1) * TILE);
      for (let y = Math.max(top, ty * TILE); y < Math.min(bottom, (ty + 1) * TILE); y++) {
        const row = (y - ty * TILE) * TILE - tx * TILE;
        target.set(tile.subarray(row + x0, row + x1), (y - top) * columns + x0 - left);
      }
    }
  }
  return isAnyDrawn;
}

function wholeOf({ top, left, bottom, right }: ViewRectangle): Rect {
  return { x0: 0, y0: 0, x1: right - left, y1: bottom - top };
}

function clip(rect: Rect, to: Rect): Rect | null {
  const clipped = {
    x0: Math.max(rect.x0, to.x0),
    y0: Math.max(rect.y0, to.y0),
    x1: Math.min(rect.x1, to.x1),
    y1: Math.min(rect.y1, to.y1),
  };
  return clipped.x1 > clipped.x0 && clipped.y1 > clipped.y0 ? clipped : null;
}
