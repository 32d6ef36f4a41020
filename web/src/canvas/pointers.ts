// Pointer and wheel events of the canvas, as what they mean: draw with the tool, move the image, zoom.

import type { PointerInput } from "../tools/tool";
import type { Point } from "./view";

export interface PointerTarget {
  toImage(screen: Point): Point;
  /** Dragging moves the image, whatever the tool. */
  isPanHeld(): boolean;
  hover(pointer: PointerInput | null): void;
  down(pointer: PointerInput): void;
  move(pointers: PointerInput[], pressed: boolean): void;
  up(pointer: PointerInput): void;
  doubleClick(pointer: PointerInput): void;
  /** The pointer moved without a button; heard before the frame in which `move` hears of it. */
  foresee(pointer: PointerInput): void;
  cancel(): void;
  panBy(dx: number, dy: number): void;
  zoomAbout(anchor: Point, factor: number): void;
  /** The image is being moved by a drag, or no longer. */
  panning(active: boolean): void;
}

type Gesture =
  | { kind: "none" }
  | { kind: "tool"; pointerId: number; button: "left" | "right" }
  | { kind: "pan"; pointerId: number; last: Point }
  | { kind: "pinch" };

const NONE: Gesture = { kind: "none" };
const WHEEL_ZOOM_PER_PX = 0.0018;
const PINCH_ZOOM_PER_PX = 0.01;
/** Browsers join the steps of a quick turn; more than this at once would throw the person off. */
const LONGEST_WHEEL_PX = 700;
const LINE_PX = 33;

export class Pointers {
  readonly #element: HTMLElement;
  readonly #target: PointerTarget;
  #gesture: Gesture = NONE;
  readonly #touches = new Map<number, Point>();

  constructor(element: HTMLElement, target: PointerTarget) {
    this.#element = element;
    this.#target = target;
  }

  /** Listens until `signal` is aborted. */
  listen(signal: AbortSignal): void {
    const on = <K extends keyof HTMLElementEventMap>(type: K, handle: (event: HTMLElementEventMap[K]) => void): void =>
      this.#element.addEventListener(type, handle, { signal, passive: false });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#lost(event));
    on("lostpointercapture", (event) => this.#lost(event));
    on("pointerleave", () => this.#gesture.kind === "none" && this.#target.hover(null));
    on("dblclick", (event) => this.#target.doubleClick(this.#input(event, "left")));
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => this.#wheel(event));
    // Browsers hold back movements until the next frame; this one tells of them at once, where there is such a thing.
    this.#element.addEventListener(
      "pointerrawupdate",
      (event) => {
        if (this.#gesture.kind === "none") this.#target.foresee(this.#input(event as PointerEvent, "left"));
      },
      { signal },
    );
  }

  #down(event: PointerEvent): void {
    if (event.pointerType === "touch") this.#touches.set(event.pointerId, this.#position(event));
    if (this.#touches.size === 2) {
      if (this.#gesture.kind === "tool") this.#target.cancel();
      this.#gesture = { kind: "pinch" };
      return;
    }
    if (this.#gesture.kind !== "none") return;
    this.#element.setPointerCapture(event.pointerId);
    if (event.button === 1 || (event.button === 0 && this.#target.isPanHeld())) {
      event.preventDefault();
      this.#gesture = { kind: "pan", pointerId: event.pointerId, last: this.#position(event) };
      this.#target.panning(true);
    } else if (event.button === 0 || event.button === 2) {
      const button = event.button === 0 ? "left" : "right";
      this.#gesture = { kind: "tool", pointerId: event.pointerId, button };
      const pointer = this.#input(event, button);
      this.#target.hover(pointer);
      this.#target.down(pointer);
    }
  }

  #move(event: PointerEvent): void {
    const gesture = this.#gesture;
    switch (gesture.kind) {
      case "none":
        this.#target.hover(this.#input(event, "left"));
        this.#target.move([this.#input(event, "left")], false);
        return;
      case "tool": {
        if (event.pointerId !== gesture.pointerId) return;
        const events = event.getCoalescedEvents?.() ?? [];
        const inputs = (events.length > 0 ? events : [event]).map((one) => this.#input(one, gesture.button));
        this.#target.hover(inputs.at(-1) ?? null);
        this.#target.move(inputs, true);
        return;
      }
      case "pan": {
        if (event.pointerId !== gesture.pointerId) return;
        const at = this.#position(event);
        this.#target.panBy(gesture.last.x - at.x, gesture.last.y - at.y);
        gesture.last = at;
        this.#target.hover(this.#input(event, "left"));
        return;
      }
      case "pinch":
        this.#pinch(event);
        return;
    }
  }

  #up(event: PointerEvent): void {
    this.#touches.delete(event.pointerId);
    const gesture = this.#gesture;
    if (gesture.kind === "pinch") {
      if (this.#touches.size === 0) this.#gesture = NONE;
      return;
    }
    if (gesture.kind === "none" || event.pointerId !== gesture.pointerId) return;
    this.#gesture = NONE;
    if (gesture.kind === "pan") this.#target.panning(false);
    else this.#target.up(this.#input(event, gesture.button));
    if (event.pointerType === "touch") this.#target.hover(null);
  }

  #lost(event: PointerEvent): void {
    this.#touches.delete(event.pointerId);
    const gesture = this.#gesture;
    if (gesture.kind === "pinch" && this.#touches.size === 0) this.#gesture = NONE;
    if (gesture.kind !== "tool" && gesture.kind !== "pan") return;
    if (event.pointerId !== gesture.pointerId) return;
    this.#gesture = NONE;
    if (gesture.kind === "pan") this.#target.panning(false);
    else this.#target.cancel();
  }

  /** Two fingers: their middle moves the image, their distance zooms. */
  #pinch(event: PointerEvent): void {
    if (!this.#touches.has(event.pointerId) || this.#touches.size < 2) return;
    const before = spread([...this.#touches.values()]);
    this.#touches.set(event.pointerId, this.#position(event));
    const after = spread([...this.#touches.values()]);
    this.#target.panBy(before.middle.x - after.middle.x, before.middle.y - after.middle.y);
    if (before.distance > 0 && after.distance > 0) {
      this.#target.zoomAbout(after.middle, after.distance / before.distance);
    }
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === event.DOM_DELTA_LINE ? LINE_PX : 1;
    const limited = (delta: number): number => Math.min(Math.max(delta * unit, -LONGEST_WHEEL_PX), LONGEST_WHEEL_PX);
    if (event.shiftKey) {
      this.#target.panBy(limited(event.deltaX || event.deltaY), 0);
      return;
    }
    // Browsers tell of a pinch on a trackpad as a wheel with Ctrl, in much smaller steps.
    const rate = event.ctrlKey ? PINCH_ZOOM_PER_PX : WHEEL_ZOOM_PER_PX;
    this.#target.zoomAbout(this.#position(event), Math.exp(-limited(event.deltaY) * rate));
    this.#target.hover(this.#input(event, "left"));
  }

  #position(event: MouseEvent): Point {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #input(event: MouseEvent, button: "left" | "right"): PointerInput {
    const screen = this.#position(event);
    return {
      screen,
      image: this.#target.toImage(screen),
      shift: event.shiftKey,
      alt: event.altKey,
      button,
      time: event.timeStamp,
    };
  }
}

function spread([a, b]: Point[]): { middle: Point; distance: number } {
  if (!a || !b) return { middle: a ?? { x: 0, y: 0 }, distance: 0 };
  return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, distance: Math.hypot(a.x - b.x, a.y - b.y) };
}
