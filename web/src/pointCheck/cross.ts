// The mark of a point that is checked: a cross that leaves the pixel itself free, readable on light and dark, and the
// view that shows it.

import { toScreen, type View } from "../canvas/view";
import { strokeOutlined } from "../tools/previewPen";

/** A pixel of the image. */
export interface PixelPlace {
  y: number;
  x: number;
}

const LEAST_GAP_PX = 6;
const ROOM_PX = 4;
const ARM_PX = 18;
/** From this zoom on a frame shows which pixel is meant. */
const FRAME_ZOOM = 3;
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
  strokeOutlined(canvas);
  if (view.zoom >= FRAME_ZOOM) {
    // Just outside of the pixel, so that nothing of it is covered.
    canvas.beginPath();
    canvas.rect(x - half - 1, y - half - 1, view.zoom + 2, view.zoom + 2);
    strokeOutlined(canvas);
  }
  canvas.restore();
}

/** The view with the point in its middle, at the zoom that the person has chosen. */
export const viewOfPoint = (view: View, place: PixelPlace): View => ({ ...view, x: place.x + 0.5, y: place.y + 0.5 });

/** The view to begin with: zoomed in, where pixels would not be told apart, or out, where nothing else would be seen. */
export function firstViewOfPoint(view: View, place: PixelPlace): View {
  const isFit = view.zoom >= SMALLEST_ZOOM && view.zoom <= LARGEST_ZOOM;
  return viewOfPoint(isFit ? view : { ...view, zoom: WANTED_ZOOM }, place);
}
