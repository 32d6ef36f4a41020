// The mark of a point that is checked: a cross that leaves the pixel itself free, readable on light and dark, and the
// view that shows it.

import { toScreen, type View } from "../canvas/view";

/** A pixel of the image. */
export interface PixelPlace {
  y: number;
  x: number;
}

const DARK = "rgb(0 0 0 / 70%)";
const LIGHT = "#ffffff";
const LEAST_GAP_PX = 8;
const ROOM_PX = 8;
const ARM_PX = 24;
/** From this zoom on a frame shows which pixel is meant; it lies so far outside of it that nothing of it is covered. */
const FRAME_ZOOM = 3;
const FRAME_PX = 2;
/** Where one begins, pixels are to be at least and at most so large that both they and their surroundings are seen. */
const SMALLEST_ZOOM = 2;
const LARGEST_ZOOM = 16;
const WANTED_ZOOM = 4;

export function drawCross(canvas: CanvasRenderingContext2D, view: View, place: PixelPlace): void {
  const { x, y } = toScreen(view, { x: place.x + 0.5, y: place.y + 0.5 });
  const half = view.zoom / 2;
  const gap = Math.max(LEAST_GAP_PX, half + ROOM_PX);
  canvas.save();
  canvas.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    canvas.moveTo(x + dx * gap, y + dy * gap);
    canvas.lineTo(x + dx * (gap + ARM_PX), y + dy * (gap + ARM_PX));
  }
  strokeTwice(canvas, 5, 2);
  if (view.zoom >= FRAME_ZOOM) {
    const side = view.zoom + 2 * FRAME_PX;
    canvas.beginPath();
    canvas.rect(x - side / 2, y - side / 2, side, side);
    strokeTwice(canvas, 3, 1.25);
  }
  canvas.restore();
}

/** Strokes the canvas's current path so that it shows on any grey: dark beneath, light above. */
function strokeTwice(canvas: CanvasRenderingContext2D, darkPx: number, lightPx: number): void {
  canvas.lineWidth = darkPx;
  canvas.strokeStyle = DARK;
  canvas.stroke();
  canvas.lineWidth = lightPx;
  canvas.strokeStyle = LIGHT;
  canvas.stroke();
}

/** The view with the point in its middle, at the zoom that the person has chosen. */
export const viewOfPoint = (view: View, place: PixelPlace): View => ({ ...view, x: place.x + 0.5, y: place.y + 0.5 });

/** The view to begin with: zoomed in, where pixels would not be told apart, or out, where nothing else would be seen. */
export function firstViewOfPoint(view: View, place: PixelPlace): View {
  const isFit = view.zoom >= SMALLEST_ZOOM && view.zoom <= LARGEST_ZOOM;
  return viewOfPoint(isFit ? view : { ...view, zoom: WANTED_ZOOM }, place);
}
