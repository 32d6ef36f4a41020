// Polygon: a click adds a corner; a click on the first corner, a right click, a double click or Enter closes it.

import { type Point, toScreen } from "../canvas/view";
import { coverPolygon } from "./polygonFill";
import { drawHandle, linePath, strokeOutlined } from "./previewPen";
import type { PointerInput, Tool, ToolContext } from "./tool";

const CLOSING_DISTANCE_PX = 9;

export class PolygonTool implements Tool {
  readonly id = "polygon";
  readonly label = "Polygon";
  readonly cursor = "crosshair";
  readonly shortcut = "P";
  #corners: Point[] = [];

  down(pointer: PointerInput, context: ToolContext): void {
    if (pointer.button === "right" || this.#isOnFirstCorner(pointer, context)) this.#close(context);
    else this.#corners.push(pointer.image);
    context.redraw();
  }

  move(_pointers: readonly PointerInput[], _pressed: boolean, context: ToolContext): void {
    if (this.#corners.length > 0) context.redraw();
  }

  up(): void {}

  doubleClick(_pointer: PointerInput, context: ToolContext): void {
    // The second click of the double click has added a corner on top of the one before.
    const [last, before] = this.#corners.slice(-2).reverse();
    if (!last) return;
    if (before && screenDistance(last, before, context) < CLOSING_DISTANCE_PX) this.#corners.pop();
    // The first click of the double click may have closed a polygon; the second one is no new beginning.
    if (this.#corners.length === 1) this.cancel(context);
    this.#close(context);
  }

  key(key: "Enter" | "Backspace", context: ToolContext): boolean {
    if (this.#corners.length === 0) return false;
    if (key === "Enter") this.#close(context);
    else this.#corners.pop();
    context.redraw();
    return true;
  }

  cancel(context: ToolContext): boolean {
    const hadCorners = this.#corners.length > 0;
    this.#corners = [];
    context.redraw();
    return hadCorners;
  }

  preview(canvas: CanvasRenderingContext2D, { view, pointer, state }: ToolContext): void {
    const [first] = this.#corners;
    if (!first) return;
    const outline = pointer ? [...this.#corners, pointer.image] : this.#corners;
    linePath(canvas, view, outline);
    const colour = state.project?.classes.find((entry) => entry.id === state.activeClassId)?.colour;
    canvas.fillStyle = `${colour ?? "#ffffff"}40`;
    canvas.fill("evenodd");
    strokeOutlined(canvas);
    for (const corner of this.#corners) drawHandle(canvas, toScreen(view, corner), corner === first ? 9 : 6);
  }

  #isOnFirstCorner(pointer: PointerInput, { view }: ToolContext): boolean {
    const [first] = this.#corners;
    if (!first || this.#corners.length < 3) return false;
    const { x, y } = toScreen(view, first);
    return Math.hypot(x - pointer.screen.x, y - pointer.screen.y) <= CLOSING_DISTANCE_PX;
  }

  /** Fills the polygon; one of fewer than three corners stays open, so that nothing is lost by a slip. */
  #close(context: ToolContext): void {
    if (this.#corners.length < 3) return;
    const corners = this.#corners;
    this.#corners = [];
    const drawing = context.draw("paint");
    if (!drawing) return;
    coverPolygon(corners, 0, context.image.height, (y, x0, x1) => drawing.coverRow(y, x0, x1));
    drawing.end();
  }
}

function screenDistance(a: Point, b: Point, { view }: ToolContext): number {
  return Math.hypot(a.x - b.x, a.y - b.y) * view.zoom;
}
