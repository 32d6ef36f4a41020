// A small canvas that holds one composed tile.

import type { Rect } from "./grid";

export interface Surface {
  canvas: OffscreenCanvas;
  width: number;
  height: number;
  /** Serial numbers of everything it was drawn from. */
  stamp: readonly number[];
  /** Pixels to draw again, where only drawn layers changed. */
  dirty: Rect | null;
  /** Puts pixels of `rect` in from a picture whose first pixel is the tile's. */
  put(picture: ImageData, rect: Rect): void;
}

export function createSurface(width: number, height: number): Surface {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("This browser has no 2D canvas.");
  return {
    canvas,
    width,
    height,
    stamp: [],
    dirty: null,
    put: (picture, { x0, y0, x1, y1 }) => context.putImageData(picture, 0, 0, x0, y0, x1 - x0, y1 - y0),
  };
}
