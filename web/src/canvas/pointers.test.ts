import { describe, expect, it } from "vitest";
import type { PointerInput } from "../tools/tool";
import { Pointers, type PointerTarget } from "./pointers";
import type { Point } from "./view";

/** An element that only hands events to its listeners. */
class FakeElement extends EventTarget {
  captured: number[] = [];
  setPointerCapture(pointerId: number): void {
    this.captured.push(pointerId);
  }
  getBoundingClientRect() {
    return { left: 100, top: 50 };
  }
  send(type: string, fields: Record<string, unknown> = {}): Event {
    const event = new Event(type, { cancelable: true });
    const defaults = {
      clientX: 0,
      clientY: 0,
      button: 0,
      pointerId: 1,
      pointerType: "mouse",
      shiftKey: false,
      DOM_DELTA_LINE: 1,
    };
    this.dispatchEvent(Object.assign(event, defaults, fields));
    return event;
  }
}

class Recorder implements PointerTarget {
  readonly heard: unknown[] = [];
  panHeld = false;
  toImage = ({ x, y }: Point): Point => ({ x: x / 2, y: y / 2 });
  isPanHeld = (): boolean => this.panHeld;
  hover = (): void => {};
  down = ({ screen, button }: PointerInput): void => void this.heard.push(["down", screen.x, screen.y, button]);
  move = (pointers: PointerInput[], pressed: boolean): void =>
    void this.heard.push(["move", ...pointers.map(({ screen }) => screen.x), pressed]);
  up = ({ screen }: PointerInput): void => void this.heard.push(["up", screen.x]);
  doubleClick = (): void => void this.heard.push(["double click"]);
  foresee = ({ screen }: PointerInput): void => void this.heard.push(["foresee", screen.x]);
  cancel = (): void => void this.heard.push(["cancel"]);
  panBy = (dx: number, dy: number): void => void this.heard.push(["pan", dx, dy]);
  zoomAbout = ({ x, y }: Point, factor: number): void => void this.heard.push(["zoom", x, y, factor]);
  panning = (): void => {};
}

function fixture(): { element: FakeElement; target: Recorder; heard: unknown[] } {
  const element = new FakeElement();
  const target = new Recorder();
  new Pointers(element as unknown as HTMLElement, target).listen(new AbortController().signal);
  return { element, target, heard: target.heard };
}

describe("pointers", () => {
  it("hand the tool every position of a drag, in order", () => {
    const { element, heard } = fixture();
    element.send("pointerdown", { clientX: 110, clientY: 60 });
    const steps = [112, 115].map((clientX) => ({ clientX, clientY: 60, shiftKey: false }));
    element.send("pointermove", { clientX: 115, getCoalescedEvents: () => steps });
    element.send("pointerup", { clientX: 120 });
    expect(heard).toEqual([
      ["down", 10, 10, "left"],
      ["move", 12, 15, true],
      ["up", 20],
    ]);
    expect(element.captured).toEqual([1]);
  });

  it("give up the stroke when the browser takes the pointer away", () => {
    const { element, heard } = fixture();
    element.send("pointerdown");
    element.send("pointercancel");
    element.send("lostpointercapture");
    element.send("pointerup");
    expect(heard.slice(1)).toEqual([["cancel"]]);
  });

  it("move the image by the middle button, and by the left one while Space is held", () => {
    for (const [button, panHeld] of [
      [1, false],
      [0, true],
    ] as const) {
      const { element, target, heard } = fixture();
      target.panHeld = panHeld;
      element.send("pointerdown", { button, clientX: 200, clientY: 200 });
      element.send("pointermove", { clientX: 190, clientY: 205 });
      element.send("pointerup", { clientX: 190, clientY: 205 });
      expect(heard).toEqual([["pan", 10, -5]]);
    }
  });

  it("tell the tool of the right button and keep the browser's menu away", () => {
    const { element, heard } = fixture();
    element.send("pointerdown", { button: 2, clientX: 110, clientY: 60 });
    expect(heard).toEqual([["down", 10, 10, "right"]]);
    expect(element.send("contextmenu").defaultPrevented).toBe(true);
  });

  it("zoom about the cursor by the wheel, the same way back", () => {
    const { element, heard } = fixture();
    const event = element.send("wheel", { clientX: 150, clientY: 80, deltaX: 0, deltaY: -100, deltaMode: 0 });
    element.send("wheel", { clientX: 150, clientY: 80, deltaX: 0, deltaY: 100, deltaMode: 0 });
    const [closer, back] = heard as [string, number, number, number][];
    expect(closer?.slice(0, 3)).toEqual(["zoom", 50, 30]);
    expect(closer?.[3]).toBeGreaterThan(1.1);
    expect((closer?.[3] ?? 0) * (back?.[3] ?? 0)).toBeCloseTo(1, 12);
    expect(event.defaultPrevented).toBe(true);
  });

  it("zoom faster for the small steps of a pinch on a trackpad, and pan with Shift", () => {
    const { element, heard } = fixture();
    element.send("wheel", { deltaX: 0, deltaY: -10, deltaMode: 0, ctrlKey: true });
    element.send("wheel", { deltaX: 0, deltaY: 30, deltaMode: 0, shiftKey: true });
    expect((heard[0] as number[])[3]).toBeCloseTo(Math.exp(0.1), 12);
    expect(heard[1]).toEqual(["pan", 30, 0]);
  });

  it("pinch with two fingers, giving up what the first had begun to draw", () => {
    const { element, heard } = fixture();
    const touch = { pointerType: "touch" };
    element.send("pointerdown", { ...touch, pointerId: 1, clientX: 200, clientY: 150 });
    element.send("pointerdown", { ...touch, pointerId: 2, clientX: 300, clientY: 150 });
    element.send("pointermove", { ...touch, pointerId: 2, clientX: 400, clientY: 150 });
    element.send("pointerup", { ...touch, pointerId: 1 });
    element.send("pointerup", { ...touch, pointerId: 2 });
    element.send("pointerdown", { clientX: 110, clientY: 60 });
    expect(heard).toEqual([
      ["down", 100, 100, "left"],
      ["cancel"],
      ["pan", -50, 0],
      ["zoom", 200, 100, 2],
      ["down", 10, 10, "left"],
    ]);
  });
});
