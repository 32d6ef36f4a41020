import { describe, expect, it } from "vitest";
import { cardPlace, TOUR } from "./tourSteps";

const screen = { width: 1280, height: 800 };
const size = { width: 300, height: 150 };

describe("the tour", () => {
  it("has five steps", () => expect(TOUR).toHaveLength(5));
});

describe("cardPlace", () => {
  it("is below a slim bar, inside the window", () =>
    expect(cardPlace({ left: 1100, top: 8, right: 1270, bottom: 40 }, size, screen)).toEqual({ left: 966, top: 54 }));
  it("is right of the tool rail", () =>
    expect(cardPlace({ left: 0, top: 48, right: 44, bottom: 776 }, size, screen)).toEqual({ left: 58, top: 48 }));
  it("is left of the panel", () =>
    expect(cardPlace({ left: 1008, top: 300, right: 1280, bottom: 480 }, size, screen)).toEqual({
      left: 694,
      top: 300,
    }));
  it("does not hang out at the bottom", () =>
    expect(cardPlace({ left: 0, top: 700, right: 44, bottom: 790 }, size, screen).top).toBe(636));
});
