// Rectangle: a drag from corner to corner fills it; Shift makes it a square.

import type { Point } from "../canvas/view";
import { coverPolygon } from "./polygonFill";
import { linePath, strokeOutlined } from "./previewPen";
import type { PointerInput, Tool, ToolContext } from "./tool";

export class RectangleTool implements Tool {
  readonly id = "rectangle";
  readonly label = "Rectangle";
  readonly cursor = "crosshair";
  readonly shortcut = "R";
  #corners: [Point, Point] | null = null;

  down(pointer: PointerInput, context: ToolContext): void {
    if (pointer.button !== "left") return;
    this.#corners = [pointer.image, pointer.image];
    context.redraw();
  }

  move(pointers: readonly PointerInput[], _pressed: boolean, context: ToolContext): void {
    const pointer = pointers.at(-1);
    if (!this.#corners || !pointer) return;
    this.#corners[1] = oppositeCorner(this.#corners[0], pointer);
    context.redraw();
  }

  up(pointer: PointerInput, context: ToolContext): void {
    if (!this.#corners) return;
    const from = this.#corners[0];
    const outline = outlineOf(from, oppositeCorner(from, pointer));
    this.#corners = null;
    context.redraw();
    const drawing = context.draw("paint");
    if (!drawing) return;
    coverPolygon(outline, 0, context.image.height, (y, x0, x1) => drawing.coverRow(y, x0, x1));
    drawing.end();
  }

  cancel(context: ToolContext): boolean {
    const wasOpen = this.#corners !== null;
    this.#corners = null;
    context.redraw();
    return wasOpen;
  }

  preview(canvas: CanvasRenderingContext2D, { view, state }: ToolContext): void {
    if (!this.#corners) return;
    const outline = outlineOf(...this.#corners);
    linePath(canvas, view, [...outline, outline[0] as Point]);
    const colour = state.project?.classes.find((entry) => entry.id === state.activeClassId)?.colour;
    canvas.fillStyle = `${colour ?? "#ffffff"}40`;
    canvas.fill();
    strokeOutlined(canvas);
  }
}

function oppositeCorner(from: Point, { image, shift }: PointerInput): Point {
  if (!shift) return image;
  const side = Math.max(Math.abs(image.x - from.x), Math.abs(image.y - from.y));
  return { x: from.x + Math.sign(image.x - from.x) * side, y: from.y + Math.sign(image.y - from.y) * side };
}

function outlineOf(a: Point, b: Point): Point[] {
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}
