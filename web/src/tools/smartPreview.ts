// Draws a suggestion over the image: the region in the class's colour, its outline, points, box, and the scale.

import { luminance, parseColour } from "../canvas/colourMap";
import { type Point, toScreen, type View } from "../canvas/view";
import { activeColour } from "../smart/classFacts";
import type { Mask } from "../smart/mask";
import { type PromptBox, type PromptPoint, SCALES, type Scale, type Suggestion } from "../smart/suggestion";
import type { ViewRectangle } from "../smart/viewPlan";
import { circlePath, linePath, strokeOutlined } from "./previewPen";
import type { ToolContext } from "./tool";

export interface SmartPreview {
  suggestion: Suggestion | null;
  points: readonly PromptPoint[];
  box: PromptBox | null;
}

const OUTLINE_PX = 1.5;
const CASING_PX = 3.5;
const BADGE = { width: 54, height: 18, dx: 16, dy: 18, radius: 5 };

/** Outlines as paths, made once. */
const paths = new WeakMap<Int32Array, Path2D>();

export function drawSmartPreview(
  canvas: CanvasRenderingContext2D,
  { state, view, pointer }: ToolContext,
  { suggestion, points, box }: SmartPreview,
): void {
  const colour = activeColour(state);
  if (suggestion && suggestion.region.mask.area > 0) {
    drawRegion(canvas, view, suggestion.view, suggestion.region, colour);
  }
  if (box) {
    const corners = [box.left, box.right].flatMap((x) => [
      { x, y: box.top },
      { x, y: box.bottom },
    ]);
    linePath(
      canvas,
      view,
      [0, 1, 3, 2, 0].map((corner) => corners[corner] as Point),
    );
    strokeOutlined(canvas, [5, 4]);
  }
  for (const point of points) drawPoint(canvas, toScreen(view, point), point.positive);
  if (pointer && suggestion) drawBadge(canvas, pointer.screen, view, suggestion.scale, colour);
}

/** What is drawn of a mask of a view. */
export interface DrawnRegion {
  mask: Pick<Mask, "top" | "left">;
  outline: Int32Array;
  picture: ImageBitmap | OffscreenCanvas | null;
}

export function drawRegion(
  canvas: CanvasRenderingContext2D,
  view: View,
  rectangle: ViewRectangle,
  { mask, outline, picture }: DrawnRegion,
  colour: string,
): void {
  // As the scene places tiles: whole device pixels, so that outline and image fit each other exactly.
  const ratio = canvas.getTransform().a;
  const scale = view.zoom * ratio;
  const step = scale * 2 ** rectangle.level;
  canvas.save();
  canvas.setTransform(
    step,
    0,
    0,
    step,
    Math.round(canvas.canvas.width / 2 - view.x * scale) + rectangle.left * step,
    Math.round(canvas.canvas.height / 2 - view.y * scale) + rectangle.top * step,
  );
  canvas.imageSmoothingEnabled = false;
  // A picture that was given up meanwhile has no width.
  if (picture && picture.width > 0) canvas.drawImage(picture, mask.left, mask.top);
  const path = pathOf(outline);
  canvas.lineCap = "square";
  canvas.lineJoin = "miter";
  canvas.lineWidth = (CASING_PX * ratio) / step;
  canvas.strokeStyle = luminance(parseColour(colour)) > 0.4 ? "rgba(0, 0, 0, 0.7)" : "rgba(255, 255, 255, 0.85)";
  canvas.stroke(path);
  canvas.lineWidth = (OUTLINE_PX * ratio) / step;
  canvas.strokeStyle = colour;
  canvas.stroke(path);
  canvas.restore();
}

function pathOf(outline: Int32Array): Path2D {
  const known = paths.get(outline);
  if (known) return known;
  const path = new Path2D();
  for (let at = 0; at < outline.length; at += 4) {
    path.moveTo(outline[at] as number, outline[at + 1] as number);
    path.lineTo(outline[at + 2] as number, outline[at + 3] as number);
  }
  paths.set(outline, path);
  return path;
}

/** A dot with a plus, or one with a minus that says "not this". */
function drawPoint(canvas: CanvasRenderingContext2D, at: Point, positive: boolean): void {
  circlePath(canvas, at, 6.5);
  canvas.fillStyle = positive ? "#1a7f37" : "#c1281f";
  canvas.fill();
  canvas.lineWidth = 1.5;
  canvas.strokeStyle = "#ffffff";
  canvas.stroke();
  canvas.beginPath();
  canvas.moveTo(at.x - 3, at.y);
  canvas.lineTo(at.x + 3, at.y);
  if (positive) {
    canvas.moveTo(at.x, at.y - 3);
    canvas.lineTo(at.x, at.y + 3);
  }
  canvas.stroke();
}

/** The three letters beside the pointer, the scale in use standing out. */
function drawBadge(canvas: CanvasRenderingContext2D, at: Point, screen: View, scale: Scale, colour: string): void {
  const { width, height, dx, dy, radius } = BADGE;
  const x = at.x + dx + width > screen.width ? at.x - dx - width : at.x + dx;
  const y = at.y + dy + height > screen.height ? at.y - dy - height : at.y + dy;
  canvas.beginPath();
  canvas.roundRect(x, y, width, height, radius);
  canvas.fillStyle = "rgba(20, 20, 22, 0.82)";
  canvas.fill();
  canvas.font = "600 11px system-ui, sans-serif";
  canvas.textAlign = "center";
  canvas.textBaseline = "middle";
  SCALES.forEach(({ letter }, index) => {
    const left = x + (index * width) / 3;
    if (index === scale) {
      canvas.beginPath();
      canvas.roundRect(left + 1.5, y + 1.5, width / 3 - 3, height - 3, radius - 1.5);
      canvas.fillStyle = colour;
      canvas.fill();
    }
    const isDark = index === scale && luminance(parseColour(colour)) > 0.4;
    canvas.fillStyle = isDark ? "#000000" : index === scale ? "#ffffff" : "rgba(255, 255, 255, 0.6)";
    canvas.fillText(letter, left + width / 6, y + height / 2 + 0.5);
  });
}
