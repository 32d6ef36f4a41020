// Lines over the image that show on any grey: a dark line beneath a light one.

import { type Point, toScreen, type View } from "../canvas/view";

const DARK = "rgba(0, 0, 0, 0.65)";
const LIGHT = "rgba(255, 255, 255, 0.95)";

/** Strokes the canvas's current path. */
export function strokeOutlined(canvas: CanvasRenderingContext2D, dash: number[] = []): void {
  canvas.setLineDash([]);
  canvas.lineWidth = 3;
  canvas.strokeStyle = DARK;
  canvas.stroke();
  canvas.setLineDash(dash);
  canvas.lineWidth = 1.25;
  canvas.strokeStyle = LIGHT;
  canvas.stroke();
  canvas.setLineDash([]);
}

export function circlePath(canvas: CanvasRenderingContext2D, centre: Point, radius: number): void {
  canvas.beginPath();
  canvas.arc(centre.x, centre.y, radius, 0, 2 * Math.PI);
}

/** A path through image positions. */
export function linePath(canvas: CanvasRenderingContext2D, view: View, points: readonly Point[]): void {
  canvas.beginPath();
  points.forEach((point, index) => {
    const { x, y } = toScreen(view, point);
    if (index === 0) canvas.moveTo(x, y);
    else canvas.lineTo(x, y);
  });
}

/** A small square handle around a screen position. */
export function drawHandle(canvas: CanvasRenderingContext2D, { x, y }: Point, size = 7): void {
  canvas.fillStyle = LIGHT;
  canvas.strokeStyle = DARK;
  canvas.lineWidth = 1;
  canvas.fillRect(x - size / 2, y - size / 2, size, size);
  canvas.strokeRect(x - size / 2, y - size / 2, size, size);
}
