import { describe, expect, it } from "vitest";
import { LabelState } from "./labelState";

const VIEW = { level: 0, top: 250, left: 10, bottom: 270, right: 40 };

function tileOf(classId: number): Uint8Array {
  return new Uint8Array(65_536).fill(classId);
}

describe("label state", () => {
  it("says nothing while nothing is drawn", () => {
    const state = new LabelState();
    state.follow(1, VIEW);
    expect(state.take(1, () => null)).toBeNull();
    expect(state.isStale(1)).toBe(false);
  });

  it("tells the whole view first, across tiles, and then only what changed", () => {
    const state = new LabelState();
    state.follow(1, VIEW);
    const tiles = (_level: number, ty: number): Uint8Array | null => (ty === 0 ? tileOf(3) : null);
    const whole = state.take(1, tiles);
    expect(whole).toMatchObject({ y0: 0, x0: 0, y1: 20, x1: 30 });
    expect([whole?.classes.filter((id) => id === 3).length, whole?.classes[0], whole?.classes.at(-1)]).toEqual([
      180, 3, 0,
    ]);
    state.changed(1, 0, 0, { x0: 0, y0: 0, x1: 256, y1: 256 });
    state.changed(0, 1, 1, { x0: 0, y0: 0, x1: 256, y1: 256 });
    expect(state.isStale(1)).toBe(false);
    state.changed(0, 1, 0, { x0: 20, y0: 2, x1: 300, y1: 4 });
    expect(state.take(1, () => tileOf(5))).toMatchObject({
      y0: 8,
      x0: 10,
      y1: 10,
      x1: 30,
      classes: new Uint8Array(40).fill(5),
    });
    expect(state.take(1, () => tileOf(5))).toBeNull();
  });

  it("tells of labels that are gone", () => {
    const state = new LabelState();
    state.follow(1, VIEW);
    state.take(1, () => tileOf(3));
    state.changed(0, 0, 0, { x0: 0, y0: 0, x1: 256, y1: 256 });
    expect(state.take(1, () => null)?.classes.every((id) => id === 0)).toBe(true);
  });
});
