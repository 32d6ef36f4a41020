// The whole image in a small canvas, with a frame around what the view shows.

import type { Scene } from "./scene";
import { boundsOf, type View } from "./view";

export function drawMinimap(canvas: HTMLCanvasElement, scene: Scene | null, view: View): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const coarsest = scene && { level: scene.grid.levels - 1, ty: 0, tx: 0 };
  const surface = coarsest && scene.surface(coarsest, Number.POSITIVE_INFINITY, () => {});
  if (!scene || !surface) return;
  context.imageSmoothingEnabled = width < surface.width;
  context.drawImage(surface.canvas, 0, 0, width, height);
  const { x0, y0, x1, y1 } = boundsOf(view);
  const scaleX = width / scene.grid.width;
  const scaleY = height / scene.grid.height;
  const inset = 1;
  const left = Math.max(x0 * scaleX, inset);
  const top = Math.max(y0 * scaleY, inset);
  const right = Math.min(x1 * scaleX, width - inset);
  const bottom = Math.min(y1 * scaleY, height - inset);
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0, 0, 0, 0.6)";
  context.strokeRect(left, top, right - left, bottom - top);
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffff";
  context.strokeRect(left, top, right - left, bottom - top);
}
