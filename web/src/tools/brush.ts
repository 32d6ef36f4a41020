// Brush and eraser: a circle of a radius in image pixels, drawn along the pointer's way; one drag is one step.

import { type Point, toScreen } from "../canvas/view";
import type { ToolId } from "../state/contract";
import { coverCapsule } from "./capsule";
import { circlePath, linePath, strokeOutlined } from "./previewPen";
import type { Drawing, PointerInput, Tool, ToolContext } from "./tool";

class RoundTool implements Tool {
  readonly cursor = "crosshair";
  readonly id: ToolId;
  readonly label: string;
  readonly shortcut: string;
  readonly #kind: "paint" | "erase";
  #drawing: Drawing | null = null;
  /** Where the last stroke ended, from which Shift draws a straight line. */
  #last: Point | null = null;

  constructor(id: ToolId, label: string, shortcut: string, kind: "paint" | "erase") {
    this.id = id;
    this.label = label;
    this.shortcut = shortcut;
    this.#kind = kind;
  }

  down(pointer: PointerInput, context: ToolContext): void {
    if (pointer.button !== "left") return;
    this.#drawing = context.draw(this.#kind);
    if (!this.#drawing) return;
    const from = pointer.shift && this.#last ? this.#last : pointer.image;
    this.#cover(from, pointer.image, context);
  }

  move(pointers: readonly PointerInput[], _pressed: boolean, context: ToolContext): void {
    for (const { image } of this.#drawing ? pointers : []) this.#cover(this.#last ?? image, image, context);
    context.redraw();
  }

  up(_pointer: PointerInput, context: ToolContext): void {
    this.#drawing?.end();
    this.#drawing = null;
    context.redraw();
  }

  cancel(context: ToolContext): boolean {
    if (!this.#drawing) return false;
    this.#drawing.cancel();
    this.#drawing = null;
    context.redraw();
    return true;
  }

  preview(canvas: CanvasRenderingContext2D, context: ToolContext): void {
    const { pointer, view, state } = context;
    if (!pointer) return;
    if (pointer.shift && this.#last && !this.#drawing) {
      linePath(canvas, view, [this.#last, pointer.image]);
      strokeOutlined(canvas, [4, 4]);
    }
    circlePath(canvas, toScreen(view, pointer.image), Math.max(state.brushRadiusPx * view.zoom, 1.5));
    strokeOutlined(canvas);
  }

  #cover(from: Point, to: Point, context: ToolContext): void {
    const drawing = this.#drawing as Drawing;
    coverCapsule(from, to, context.state.brushRadiusPx, (y, x0, x1) => drawing.coverRow(y, x0, x1));
    this.#last = to;
  }
}

export class BrushTool extends RoundTool {
  constructor() {
    super("brush", "Brush", "B", "paint");
  }
}

export class EraserTool extends RoundTool {
  constructor() {
    super("eraser", "Eraser", "E", "erase");
  }
}
