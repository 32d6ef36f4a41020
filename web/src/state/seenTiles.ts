// Which tiles of drawn layers a view needs: those of the finest level in it, the nearest to its middle first.

import { type Rect, TILE } from "../canvas/grid";
import type { StaleTile } from "./imageLabels";

export interface Seen {
  /** Images that are on the screen, or about to be. */
  images: readonly number[];
  bounds: Rect;
}

/** A tile that is about to come into view is fetched with those in it. */
const MARGIN = TILE / 2;

export function seenTiles(stale: readonly StaleTile[], { images, bounds }: Seen): StaleTile[] {
  const x = (bounds.x0 + bounds.x1) / 2;
  const y = (bounds.y0 + bounds.y1) / 2;
  const distance = ({ ty, tx }: StaleTile): number => Math.hypot((tx + 0.5) * TILE - x, (ty + 0.5) * TILE - y);
  const isSeen = ({ image, ty, tx }: StaleTile): boolean =>
    images.includes(image) &&
    tx * TILE < bounds.x1 + MARGIN &&
    (tx + 1) * TILE > bounds.x0 - MARGIN &&
    ty * TILE < bounds.y1 + MARGIN &&
    (ty + 1) * TILE > bounds.y0 - MARGIN;
  return stale
    .filter(isSeen)
    .map((tile) => ({ tile, distance: distance(tile) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ tile }) => tile);
}
