import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TileGrid } from "../canvas/grid";
import { clamped, fitted, panned, type View } from "../canvas/view";
import { coversShown, MAX_VIEW_PIXELS, planView } from "./viewPlan";

const SCREEN = { width: 960, height: 690 };
const levelsOf = (side: number): number => Math.max(1, Math.ceil(Math.log2(side / 256)) + 1);
const gridOf = (width: number, height: number): TileGrid =>
  new TileGrid(width, height, levelsOf(Math.max(width, height)));

describe("plan of a view", () => {
  it("takes a small image whole, at every zoom above one", () => {
    const grid = gridOf(1024, 1024);
    const whole = { level: 0, top: 0, left: 0, bottom: 1024, right: 1024 };
    for (const zoom of [0.75, 1, 3, 20]) {
      expect(planView({ x: 500, y: 100, zoom, ...SCREEN }, grid)).toEqual(whole);
    }
  });

  it("takes a coarser level where the image is made small", () => {
    const grid = gridOf(8000, 8000);
    expect(planView(fitted(SCREEN, grid), grid)).toEqual({ level: 4, top: 0, left: 0, bottom: 500, right: 500 });
    expect(planView({ x: 4000, y: 4000, zoom: 0.5, ...SCREEN }, grid).level).toBe(1);
    expect(planView({ x: 4000, y: 4000, zoom: 8, ...SCREEN }, grid).level).toBe(0);
  });

  it("adds a margin and keeps to a grid, so that a little movement changes nothing", () => {
    const grid = gridOf(8000, 8000);
    const view: View = { x: 4000, y: 4000, zoom: 1, ...SCREEN };
    const plan = planView(view, grid);
    expect(plan).toEqual({ level: 0, top: 3456, left: 3200, bottom: 4608, right: 4736 });
    expect(planView(panned(view, 12, -9, grid), grid)).toEqual(plan);
    expect(coversShown(plan, panned(view, 200, -150, grid), grid)).toBe(true);
    expect(coversShown(plan, panned(view, 400, 0, grid), grid)).toBe(false);
  });

  it("keeps surroundings however far the person zooms in", () => {
    const grid = gridOf(8000, 8000);
    const { top, left, bottom, right } = planView({ x: 4000, y: 4000, zoom: 60, ...SCREEN }, grid);
    expect([bottom - top, right - left]).toEqual([640, 640]);
  });

  it("covers the screen within the limit, whatever the image, the zoom and the place", () => {
    fc.assert(
      fc.property(
        fc.record({
          width: fc.integer({ min: 1, max: 60_000 }),
          height: fc.integer({ min: 1, max: 60_000 }),
          x: fc.double({ min: 0, max: 1, noNaN: true }),
          y: fc.double({ min: 0, max: 1, noNaN: true }),
          zoom: fc.double({ min: 0.001, max: 64, noNaN: true }),
          screen: fc.constantFrom(SCREEN, { width: 3800, height: 2000 }),
        }),
        ({ width, height, x, y, zoom, screen }) => {
          const grid = gridOf(width, height);
          const view = clamped({ x: x * width, y: y * height, zoom, ...screen }, grid);
          const plan = planView(view, grid);
          const { level, top, left, bottom, right } = plan;
          expect((bottom - top) * (right - left)).toBeLessThanOrEqual(MAX_VIEW_PIXELS);
          expect(bottom > top && right > left).toBe(true);
          expect(bottom <= grid.levelHeight(level) && right <= grid.levelWidth(level)).toBe(true);
          expect(coversShown(plan, view, grid)).toBe(true);
        },
      ),
    );
  });
});
