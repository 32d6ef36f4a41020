// Crop: a drag makes a rectangle of whole pixels; its edges and corners can be dragged, until Enter or Esc.

import { type Point, toScreen, type View } from "../canvas/view";
import { drawHandle, strokeOutlined } from "./previewPen";
import type { CropRectangle, PointerInput, Tool, ToolContext } from "./tool";

const HANDLE_DISTANCE_PX = 8;

/** Which edges follow the pointer. */
interface Grip {
  horizontal: "left" | "right" | null;
  vertical: "top" | "bottom" | null;
}

type Drag =
  | { kind: "new"; from: Point }
  | { kind: "resize"; grip: Grip; start: CropRectangle }
  | { kind: "move"; from: Point; start: CropRectangle };

export class CropTool implements Tool {
  readonly id = "crop";
  readonly label = "Crop";
  readonly cursor = "crosshair";
  readonly shortcut = "C";
  #drag: Drag | null = null;

  down(pointer: PointerInput, context: ToolContext): void {
    if (pointer.button !== "left") return;
    const rectangle = context.state.cropRectangle;
    const grip = rectangle ? gripAt(rectangle, pointer.screen, context.view) : null;
    if (rectangle && grip) this.#drag = { kind: "resize", grip, start: rectangle };
    else if (rectangle && contains(rectangle, pointer.image)) {
      this.#drag = { kind: "move", from: pointer.image, start: rectangle };
    } else {
      this.#drag = { kind: "new", from: pointer.image };
      context.setCropRectangle(null);
    }
  }

  move(pointers: readonly PointerInput[], _pressed: boolean, context: ToolContext): void {
    const pointer = pointers.at(-1);
    if (!this.#drag || !pointer) return;
    const dragged = draggedRectangle(this.#drag, pointer.image, context);
    context.setCropRectangle(dragged);
  }

  up(): void {
    this.#drag = null;
  }

  cancel(context: ToolContext): boolean {
    const hadRectangle = this.#drag !== null || context.state.cropRectangle !== null;
    this.#drag = null;
    if (hadRectangle) context.setCropRectangle(null);
    return hadRectangle;
  }

  preview(canvas: CanvasRenderingContext2D, { state, view }: ToolContext): void {
    const rectangle = state.cropRectangle;
    if (!rectangle) return;
    const from = toScreen(view, { x: rectangle.left, y: rectangle.top });
    const to = toScreen(view, { x: rectangle.right, y: rectangle.bottom });
    canvas.beginPath();
    canvas.rect(0, 0, view.width, view.height);
    canvas.rect(from.x, from.y, to.x - from.x, to.y - from.y);
    canvas.fillStyle = "rgba(0, 0, 0, 0.5)";
    canvas.fill("evenodd");
    canvas.beginPath();
    canvas.rect(from.x, from.y, to.x - from.x, to.y - from.y);
    strokeOutlined(canvas);
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    for (const x of [from.x, middle.x, to.x]) {
      for (const y of [from.y, middle.y, to.y]) if (x !== middle.x || y !== middle.y) drawHandle(canvas, { x, y });
    }
  }
}

function contains({ top, left, bottom, right }: CropRectangle, { x, y }: Point): boolean {
  return x >= left && x < right && y >= top && y < bottom;
}

function gripAt({ top, left, bottom, right }: CropRectangle, at: Point, view: View): Grip | null {
  const from = toScreen(view, { x: left, y: top });
  const to = toScreen(view, { x: right, y: bottom });
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= HANDLE_DISTANCE_PX;
  const isBetween = (value: number, low: number, high: number): boolean =>
    value >= low - HANDLE_DISTANCE_PX && value <= high + HANDLE_DISTANCE_PX;
  if (!isBetween(at.x, from.x, to.x) || !isBetween(at.y, from.y, to.y)) return null;
  const horizontal = isNear(at.x, from.x) ? "left" : isNear(at.x, to.x) ? "right" : null;
  const vertical = isNear(at.y, from.y) ? "top" : isNear(at.y, to.y) ? "bottom" : null;
  return horizontal || vertical ? { horizontal, vertical } : null;
}

/** The rectangle that a drag to `to` makes, inside the image; null where it is empty. */
function draggedRectangle(drag: Drag, to: Point, { image }: ToolContext): CropRectangle | null {
  switch (drag.kind) {
    case "new":
      return whole(drag.from, to, image);
    case "move": {
      const { top, left, bottom, right } = drag.start;
      const dx = Math.min(Math.max(Math.round(to.x - drag.from.x), -left), image.width - right);
      const dy = Math.min(Math.max(Math.round(to.y - drag.from.y), -top), image.height - bottom);
      return { top: top + dy, left: left + dx, bottom: bottom + dy, right: right + dx };
    }
    case "resize": {
      const { grip, start } = drag;
      const fixed = {
        x: grip.horizontal === "left" ? start.right : start.left,
        y: grip.vertical === "top" ? start.bottom : start.top,
      };
      const moved = {
        x: grip.horizontal ? Math.round(to.x) : start.right,
        y: grip.vertical ? Math.round(to.y) : start.bottom,
      };
      return whole(fixed, moved, image);
    }
  }
}

/** The whole pixels that a rectangle from corner to corner touches. */
function whole(a: Point, b: Point, image: { width: number; height: number }): CropRectangle | null {
  const left = Math.max(0, Math.floor(Math.min(a.x, b.x)));
  const top = Math.max(0, Math.floor(Math.min(a.y, b.y)));
  const right = Math.min(image.width, Math.ceil(Math.max(a.x, b.x)));
  const bottom = Math.min(image.height, Math.ceil(Math.max(a.y, b.y)));
  return right > left && bottom > top ? { top, left, bottom, right } : null;
}
