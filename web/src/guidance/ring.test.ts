import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { toScreen, type View } from "../canvas/view";
import { drawRing, type Ring, viewOfPlace } from "./ring";

const view = (zoom: number): View => ({ x: 10, y: 20, zoom, width: 1000, height: 600 });
const ring: Ring = { y: 300, x: 400, radius_px: 8 };

/** What was stroked: middle, radius and width of each circle. */
function circlesOf(shown: View, drawn: Ring): { x: number; y: number; radius: number; width: number }[] {
  const circles: { x: number; y: number; radius: number; width: number }[] = [];
  let arc = { x: 0, y: 0, radius: 0 };
  const canvas = {
    lineWidth: 0,
    strokeStyle: "",
    save: vi.fn(),
    restore: vi.fn(),
    beginPath: vi.fn(),
    arc: (x: number, y: number, radius: number) => {
      arc = { x, y, radius };
    },
    stroke: () => circles.push({ ...arc, width: canvas.lineWidth }),
  };
  drawRing(canvas as unknown as CanvasRenderingContext2D, shown, drawn);
  return circles;
}

describe("ring of a place", () => {
  it("stands around the neighbourhood, dark beneath and light above", () => {
    const circles = circlesOf(view(2), { y: 30, x: 20, radius_px: 40 });
    expect(circles).toHaveLength(2);
    expect(circles[0]?.width).toBeGreaterThan(circles[1]?.width ?? 0);
    // The middle of pixel (20, 30) is 10.5 px right of and below the middle of the screen, at two screen pixels each.
    for (const circle of circles) expect(circle).toMatchObject({ x: 521, y: 321, radius: 86 });
  });

  it("is never too small to be seen", () => {
    expect(circlesOf(view(0.01), ring)[0]?.radius).toBe(14);
  });

  it("comes into the middle of the screen at the present zoom, where that shows the neighbourhood well", () => {
    expect(viewOfPlace(view(3), ring)).toEqual({ ...view(3), x: 400.5, y: 300.5 });
  });

  it("is zoomed to where it would be a dot or fill the screen", () => {
    for (const zoom of [0.01, 60]) {
      const shown = viewOfPlace(view(zoom), ring);
      expect((2 * ring.radius_px * shown.zoom) / shown.height).toBeCloseTo(0.04);
    }
  });

  it("is in the middle and of a fair size at any zoom, and going there again changes nothing", () => {
    const places = fc.record({ y: fc.nat(60_000), x: fc.nat(60_000), radius_px: fc.integer({ min: 1, max: 900 }) });
    fc.assert(
      fc.property(places, fc.double({ min: 0.001, max: 64, noNaN: true }), (place, zoom) => {
        const shown = viewOfPlace(view(zoom), place);
        expect(toScreen(shown, { x: place.x + 0.5, y: place.y + 0.5 })).toEqual({ x: 500, y: 300 });
        const share = (2 * place.radius_px * shown.zoom) / shown.height;
        expect(share).toBeGreaterThan(0.0199);
        expect(share).toBeLessThan(0.5001);
        expect(viewOfPlace(shown, place)).toEqual(shown);
      }),
    );
  });
});
