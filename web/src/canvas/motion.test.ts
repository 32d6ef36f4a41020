import { describe, expect, it } from "vitest";
import type { KeyPress } from "../tools/keys";
import { FrameClock } from "./frameClock";
import { HeldKeys } from "./heldKeys";

function press(key: string): KeyPress {
  return { key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
}

describe("held keys", () => {
  it("move a first step at once, then as long as they are held", () => {
    const held = new HeldKeys();
    const moves: number[][] = [];
    const moved = (dx: number, dy: number): void => void moves.push([dx, dy]);
    expect(held.press(press("d"), moved)).toBe(true);
    expect(held.press(press("d"), moved)).toBe(true);
    expect(moves).toEqual([[24, 0]]);
    expect(held.distance(10)).toEqual({ dx: 11, dy: 0 });
    held.press(press("ArrowUp"), moved);
    expect(held.distance(10)).toEqual({ dx: 11, dy: -11 });
    held.release(press("d"));
    held.release(press("ArrowUp"));
    expect(held.distance(10)).toBeNull();
  });

  it("do not jump after a long frame", () => {
    const held = new HeldKeys();
    held.press(press("s"), () => {});
    expect(held.distance(5000)).toEqual(held.distance(100));
  });

  it("know Space, which moves nothing by itself", () => {
    const held = new HeldKeys();
    expect(held.press(press(" "), () => {})).toBe(true);
    expect([held.isPanHeld, held.distance(16)]).toEqual([true, null]);
    held.releaseAll();
    expect(held.isPanHeld).toBe(false);
  });

  it("leave other keys alone", () => {
    expect(new HeldKeys().press(press("b"), () => {})).toBe(false);
  });
});

describe("frame clock", () => {
  it("counts the times of frames that follow each other, and no pauses", () => {
    const clock = new FrameClock();
    for (const [requested, begun] of [
      [0, 10],
      [12, 26],
      [30, 60],
      [500, 510],
      [511, 527],
    ] as const) {
      clock.request(requested);
      clock.begin(begun);
    }
    expect(clock.times).toEqual([16, 34, 17]);
  });
});
