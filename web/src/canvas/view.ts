// The view: which image position stands in the middle of the screen, and how large an image pixel is there.

import type { Rect, Size } from "./grid";

export type { Size };

/** `x`, `y`: image position in the middle; `zoom`: screen pixels (CSS) for one image pixel; `width`, `height`: screen. */
export interface View {
  x: number;
  y: number;
  zoom: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export const MAX_ZOOM = 64;
const FIT_MARGIN = 16;

export function toImage(view: View, screen: Point): Point {
  return {
    x: view.x + (screen.x - view.width / 2) / view.zoom,
    y: view.y + (screen.y - view.height / 2) / view.zoom,
  };
}

export function toScreen(view: View, image: Point): Point {
  return {
    x: (image.x - view.x) * view.zoom + view.width / 2,
    y: (image.y - view.y) * view.zoom + view.height / 2,
  };
}

/** Image coordinates that are on the screen; may reach outside the image. */
export function boundsOf(view: View): Rect {
  const start = toImage(view, { x: 0, y: 0 });
  const end = toImage(view, { x: view.width, y: view.height });
  return { x0: start.x, y0: start.y, x1: end.x, y1: end.y };
}

function fitZoom(screen: Size, image: Size): number {
  const width = Math.max(1, screen.width - 2 * FIT_MARGIN);
  const height = Math.max(1, screen.height - 2 * FIT_MARGIN);
  return Math.min(width / image.width, height / image.height, MAX_ZOOM);
}

/** Shows the whole image in the middle. */
export function fitted(screen: Size, image: Size): View {
  return {
    x: image.width / 2,
    y: image.height / 2,
    zoom: fitZoom(screen, image),
    width: screen.width,
    height: screen.height,
  };
}

/** Keeps the middle of the screen on the image, and the zoom between half of "fit" and `MAX_ZOOM`. */
export function clamped(view: View, image: Size): View {
  const smallest = Math.min(1, fitZoom(view, image)) / 2;
  return {
    ...view,
    x: Math.min(Math.max(view.x, 0), image.width),
    y: Math.min(Math.max(view.y, 0), image.height),
    zoom: Math.min(Math.max(view.zoom, smallest), MAX_ZOOM),
  };
}

/** Zooms so that the image position under `anchor` (screen) stays there, as far as the limits let it. */
export function zoomedAbout(view: View, anchor: Point, zoom: number, image: Size): View {
  const limited = clamped({ ...view, zoom }, image).zoom;
  const held = toImage(view, anchor);
  return clamped(
    {
      ...view,
      zoom: limited,
      x: held.x - (anchor.x - view.width / 2) / limited,
      y: held.y - (anchor.y - view.height / 2) / limited,
    },
    image,
  );
}

/** Moves what is shown by a distance on the screen: positive `dx` brings in what lies to the right. */
export function panned(view: View, dx: number, dy: number, image: Size): View {
  return clamped({ ...view, x: view.x + dx / view.zoom, y: view.y + dy / view.zoom }, image);
}

/** The same image position in the middle of a screen of another size. */
export function resized(view: View, screen: Size, image: Size): View {
  return clamped({ ...view, width: screen.width, height: screen.height }, image);
}
