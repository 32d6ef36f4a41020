// The mark of a place: a quiet ring around its neighbourhood, readable on light and dark, and the view that shows it.

import { toScreen, type View } from "../canvas/view";

/** Row, column and radius of a neighbourhood, in pixels of the image. */
export interface Ring {
  y: number;
  x: number;
  radius_px: number;
}

const LEAST_RADIUS = 14;
const ROOM = 6;
/** The neighbourhood is to take at least this and at most that share of the screen's shorter side. */
const SMALLEST_SHARE = 0.02;
const LARGEST_SHARE = 0.5;
const WANTED_SHARE = 0.04;

export function drawRing(canvas: CanvasRenderingContext2D, view: View, ring: Ring): void {
  const { x, y } = toScreen(view, { x: ring.x + 0.5, y: ring.y + 0.5 });
  const radius = Math.max(LEAST_RADIUS, ring.radius_px * view.zoom + ROOM);
  canvas.save();
  canvas.beginPath();
  canvas.arc(x, y, radius, 0, 2 * Math.PI);
  canvas.lineWidth = 4;
  canvas.strokeStyle = "rgb(0 0 0 / 45%)";
  canvas.stroke();
  canvas.lineWidth = 1.75;
  canvas.strokeStyle = "rgb(255 255 255 / 92%)";
  canvas.stroke();
  canvas.restore();
}

/** The view with the place in its middle; the zoom stays where the neighbourhood is well seen at it. */
export function viewOfPlace(view: View, ring: Ring): View {
  const side = Math.min(view.width, view.height);
  const share = (2 * ring.radius_px * view.zoom) / side;
  const isWell = share >= SMALLEST_SHARE && share <= LARGEST_SHARE;
  const zoom = isWell ? view.zoom : (WANTED_SHARE * side) / (2 * ring.radius_px);
  return { ...view, x: ring.x + 0.5, y: ring.y + 0.5, zoom };
}
