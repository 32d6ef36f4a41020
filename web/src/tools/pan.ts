// Pan: a drag moves the image.

import type { Point } from "../canvas/view";
import type { PointerInput, Tool, ToolContext } from "./tool";

export class PanTool implements Tool {
  readonly id = "pan";
  readonly label = "Move";
  readonly shortcut = "H";
  #last: Point | null = null;

  get cursor(): string {
    return this.#last ? "grabbing" : "grab";
  }

  down(pointer: PointerInput, context: ToolContext): void {
    this.#last = pointer.screen;
    context.redraw();
  }

  move(pointers: readonly PointerInput[], _pressed: boolean, context: ToolContext): void {
    const pointer = pointers.at(-1);
    if (!this.#last || !pointer) return;
    context.panBy(this.#last.x - pointer.screen.x, this.#last.y - pointer.screen.y);
    this.#last = pointer.screen;
  }

  up(_pointer: PointerInput, context: ToolContext): void {
    this.cancel(context);
  }

  cancel(context: ToolContext): boolean {
    const wasDragging = this.#last !== null;
    this.#last = null;
    context.redraw();
    return wasDragging;
  }
}
