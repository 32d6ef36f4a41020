// Smart labelling: what lies under the pointer is suggested, and a click labels it. Points and a box say it more exactly.

import type { Point } from "../canvas/view";
import type { Mask } from "../smart/mask";
import { joined, type Proposals } from "../smart/proposals";
import type { Prompt, PromptBox, PromptPoint, ScaleChoice } from "../smart/suggestion";
import type { ViewRectangle } from "../smart/viewPlan";
import { drawProposals } from "./proposalPreview";
import { drawSmartPreview } from "./smartPreview";
import type { PointerInput, Tool, ToolContext } from "./tool";

/** The pointer's place, and what else was chosen, when something was labelled. */
interface Rest {
  screen: Point;
  scale: ScaleChoice;
  classId: number;
}

/** A press that moves farther than this, in screen pixels, draws a box. */
const DRAG_PX = 5;
/** After a click the suggestion stays away until the pointer moves so far, so that the new label is seen. */
const REST_PX = 4;

export class SmartTool implements Tool {
  readonly id = "smart";
  readonly label = "Smart labelling";
  readonly cursor = "crosshair";
  readonly shortcut = "Q";
  #points: PromptPoint[] = [];
  #box: PromptBox | null = null;
  #press: PointerInput | null = null;
  /** The corner opposite to the press, while a box is drawn. */
  #corner: Point | null = null;
  /** Where the pointer was without Alt: what "not this" is said about. */
  #meant: Point | null = null;
  /** A click waits for its answer: nothing else is asked until it has come. */
  #isLabelling = false;
  /** Where something was labelled, and as what; null as soon as the person goes on. */
  #rest: Rest | null = null;

  down(pointer: PointerInput, context: ToolContext): void {
    this.#rest = null;
    if (pointer.button === "right") {
      context.smart.nextScale();
      return;
    }
    if (!isInside(pointer.image, context)) return;
    if (context.alike.shown) {
      const toggled = context.alike.shown.toggledAt(pointer.image.y, pointer.image.x);
      if (toggled) context.alike.show(toggled);
      return;
    }
    this.#press = pointer;
  }

  foresee(pointer: PointerInput, context: ToolContext): void {
    this.#follow(pointer, context);
  }

  move(pointers: readonly PointerInput[], pressed: boolean, context: ToolContext): void {
    const pointer = pointers.at(-1);
    if (!pointer) return;
    if (pressed && this.#press && (this.#corner || isFar(this.#press.screen, pointer.screen, DRAG_PX))) {
      this.#corner = pointer.image;
      this.#rest = null;
    }
    this.#follow(pointer, context);
    context.redraw();
  }

  up(pointer: PointerInput, context: ToolContext): void {
    const press = this.#press;
    this.#press = null;
    if (!press) return;
    if (this.#corner) {
      this.#box = boxBetween(press.image, pointer.image, context);
      this.#points = [];
      this.#corner = null;
      this.#held(context);
    } else if (pointer.alt) {
      if (!this.#isHeld && this.#meant) this.#points.push(pointOf(this.#meant, true));
      if (this.#isHeld) this.#points.push(pointOf(pointer.image, false));
      this.#held(context);
    } else if (pointer.shift) {
      this.#points.push(pointOf(pointer.image, true));
      this.#held(context);
    } else {
      this.#follow(pointer, context);
      void this.#label(context);
    }
    this.#ask(pointer, context);
    context.redraw();
  }

  key(key: "Enter" | "Backspace", context: ToolContext): boolean {
    switch (key) {
      case "Enter":
        if (context.alike.shown) return labelProposals(context.alike.shown, context);
        if (!context.smart.shown && !this.#isHeld) return false;
        void this.#label(context);
        return true;
      case "Backspace":
        if (!this.#isHeld) return false;
        // A point came after the box, or there is none.
        if (this.#points.length > 0) this.#points.pop();
        else this.#box = null;
        this.#held(context);
        context.redraw();
        return true;
    }
  }

  cancel(context: ToolContext): boolean {
    const wasBusy = context.alike.drop() || this.#isHeld || this.#corner !== null;
    this.#isLabelling = false;
    this.#press = null;
    this.#corner = null;
    this.#release(context);
    context.redraw();
    return wasBusy;
  }

  preview(canvas: CanvasRenderingContext2D, context: ToolContext): void {
    const { pointer, state } = context;
    if (this.#rest?.scale !== state.smartScale || this.#rest.classId !== state.activeClassId) this.#rest = null;
    // Class, scale, labels, view or what is prepared may have changed since the pointer moved last.
    this.#ask(pointer, context, performance.now());
    if (context.alike.shown) drawProposals(canvas, context, context.alike.shown);
    const suggestion = this.#rest ? null : context.smart.shown;
    const box = this.#press && this.#corner ? boxBetween(this.#press.image, this.#corner, context) : this.#box;
    drawSmartPreview(canvas, context, { suggestion, points: this.#points, box });
    context.smart.drawn();
  }

  get #isHeld(): boolean {
    return this.#points.length > 0 || this.#box !== null;
  }

  /** Takes up where the pointer is, and asks what would be labelled there. */
  #follow(pointer: PointerInput, context: ToolContext): void {
    if (this.#rest && isFar(this.#rest.screen, pointer.screen, REST_PX)) this.#rest = null;
    if (!pointer.alt) this.#meant = pointer.image;
    this.#ask(pointer, context);
  }

  #ask(pointer: PointerInput | null, context: ToolContext, time = pointer?.time ?? 0): void {
    if (this.#isLabelling) return;
    const prompt = this.#rest || context.alike.shown ? null : this.#prompt(pointer, context);
    if (prompt) context.smart.ask(prompt, time);
    else context.smart.drop();
  }

  /** What is pointed at: the points and the box that hold the suggestion, with the one that a click would add. */
  #prompt(pointer: PointerInput | null, context: ToolContext): Prompt | null {
    if (this.#press && this.#corner) {
      return { points: [], box: boxBetween(this.#press.image, this.#corner, context) };
    }
    const isOver = pointer !== null && isInside(pointer.image, context);
    if (this.#isHeld) {
      const next = isOver && (pointer.alt || pointer.shift) ? [pointOf(pointer.image, !pointer.alt)] : [];
      return { points: [...this.#points, ...next], box: this.#box };
    }
    if (!isOver) return null;
    if (!pointer.alt) return { points: [pointOf(pointer.image, true)], box: null };
    if (!this.#meant) return null;
    return { points: [pointOf(this.#meant, true), pointOf(pointer.image, false)], box: null };
  }

  /** Labels what is suggested: as it is shown, or as it will be in a moment where the pointer was quicker. */
  async #label(context: ToolContext): Promise<void> {
    if (this.#isLabelling) return;
    this.#isLabelling = true;
    const suggestion = await context.smart.settled();
    // Escape has given it up meanwhile.
    if (!this.#isLabelling) return;
    this.#isLabelling = false;
    if (!suggestion) {
      if (context.state.smart.ready) return;
      context.notify("info", "The suggestions are being prepared.", "Try again in a moment.");
      return;
    }
    if (!labelMask(suggestion.region.mask, suggestion.view, context)) return;
    const { smartScale: scale, activeClassId: classId } = context.state;
    this.#rest = context.pointer && { screen: context.pointer.screen, scale, classId };
    this.#release(context);
    context.redraw();
  }

  #release(context: ToolContext): void {
    this.#points = [];
    this.#box = null;
    this.#held(context);
    context.smart.drop();
  }

  #held(context: ToolContext): void {
    context.smart.hold(this.#points.length, this.#box !== null);
  }
}

/** Labels all accepted proposals as one step; true where the key was used. */
function labelProposals(proposals: Proposals, context: ToolContext): boolean {
  const { accepted, view } = proposals;
  if (accepted.length > 0 && !labelMask(joined(accepted), view, context)) return true;
  context.alike.drop();
  return true;
}

/** Labels a mask of a view with the active class as one step; false where that is not possible. */
function labelMask({ area, runs }: Mask, view: ViewRectangle, context: ToolContext): boolean {
  if (area === 0) return false;
  const drawing = context.draw("paint");
  if (!drawing) return false;
  const scale = 2 ** view.level;
  for (let at = 0; at < runs.length; at += 3) {
    const x0 = ((runs[at + 1] as number) + view.left) * scale;
    const x1 = ((runs[at + 2] as number) + view.left) * scale;
    const y0 = ((runs[at] as number) + view.top) * scale;
    for (let y = y0; y < y0 + scale; y++) drawing.coverRow(y, x0, x1);
  }
  drawing.end();
  return true;
}

function pointOf({ y, x }: Point, positive: boolean): PromptPoint {
  return { y, x, positive };
}

function isInside({ x, y }: Point, { image }: ToolContext): boolean {
  return x >= 0 && y >= 0 && x < image.width && y < image.height;
}

function isFar(a: Point, b: Point, distance: number): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) > distance;
}

/** The box of two corners, in the image; at least one pixel a side. */
function boxBetween(a: Point, b: Point, { image }: ToolContext): PromptBox {
  const [left, right] = side(a.x, b.x, image.width);
  const [top, bottom] = side(a.y, b.y, image.height);
  return { top, left, bottom, right };
}

function side(a: number, b: number, length: number): [number, number] {
  const low = Math.min(Math.max(Math.floor(Math.min(a, b)), 0), length - 1);
  const high = Math.max(Math.min(Math.ceil(Math.max(a, b)), length), low + 1);
  return [low, high];
}
