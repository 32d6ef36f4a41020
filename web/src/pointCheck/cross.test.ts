import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MAX_ZOOM, toScreen, type View } from "../canvas/view";
import { drawCross, firstViewOfPoint, viewOfPoint } from "./cross";

const view = (zoom: number): View => ({ x: 10, y: 20, zoom, width: 1000, height: 600 });

interface Drawn {
  lines: number[][];
  frames: number[][];
  strokes: { colour: string; width: number }[];
}

/** Lines (from x, y to x, y) and rectangles (x, y, width, height) that were stroked, and how. */
function crossOf(shown: View, place: { y: number; x: number }): Drawn {
  const drawn: Drawn = { lines: [], frames: [], strokes: [] };
  let at: number[] = [];
  const canvas = {
    lineWidth: 0,
    strokeStyle: "",
    save: vi.fn(),
    restore: vi.fn(),
    beginPath: vi.fn(),
    moveTo: (x: number, y: number) => {
      at = [x, y];
    },
    lineTo: (x: number, y: number) => drawn.lines.push([...at, x, y]),
    rect: (...frame: number[]) => drawn.frames.push(frame),
    stroke: () => drawn.strokes.push({ colour: canvas.strokeStyle, width: canvas.lineWidth }),
  };
  drawCross(canvas as unknown as CanvasRenderingContext2D, shown, place);
  return drawn;
}

describe("cross of a point", () => {
  it("points at the middle of the pixel from four sides, dark beneath and light above", () => {
    // The middle of pixel (20, 30) is 10.5 px right of and below the middle of the screen, at two screen pixels each.
    const { lines, strokes } = crossOf(view(2), { y: 30, x: 20 });
    expect(lines).toEqual([
      [530, 321, 554, 321],
      [512, 321, 488, 321],
      [521, 330, 521, 354],
      [521, 312, 521, 288],
    ]);
    expect(strokes[0]?.width).toBeGreaterThan(strokes[1]?.width ?? 0);
    expect(strokes[0]?.colour).not.toBe(strokes[1]?.colour);
  });

  it("leaves the pixel free at any zoom, and frames it as soon as it is large enough to be seen", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: MAX_ZOOM, noNaN: true }), (zoom) => {
        const place = { y: 30, x: 20 };
        const middle = toScreen(view(zoom), { x: 20.5, y: 30.5 });
        const { lines, frames } = crossOf(view(zoom), place);
        for (const [x = 0, y = 0] of lines) {
          expect(Math.max(Math.abs(x - middle.x), Math.abs(y - middle.y))).toBeGreaterThan(zoom / 2 + 2);
        }
        expect(frames).toHaveLength(zoom >= 3 ? 1 : 0);
        for (const [x = 0, y = 0, width = 0, height = 0] of frames) {
          expect(x).toBeCloseTo(middle.x - zoom / 2 - 2);
          expect(y).toBeCloseTo(middle.y - zoom / 2 - 2);
          expect([width, height]).toEqual([zoom + 4, zoom + 4]);
        }
      }),
    );
  });

  it("comes into the middle of the screen; the zoom is the person's own after the first point", () => {
    const place = { y: 300, x: 400 };
    for (const zoom of [0.2, 3, 40])
      expect(viewOfPoint(view(zoom), place)).toEqual({ ...view(zoom), x: 400.5, y: 300.5 });
    expect(firstViewOfPoint(view(0.2), place)).toEqual({ ...view(4), x: 400.5, y: 300.5 });
    expect(firstViewOfPoint(view(3), place).zoom).toBe(3);
    expect(firstViewOfPoint(view(40), place).zoom).toBe(4);
  });
});
