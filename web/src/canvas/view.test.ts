import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boundsOf,
  clamped,
  fitted,
  MAX_ZOOM,
  panned,
  resized,
  toImage,
  toScreen,
  type View,
  zoomedAbout,
} from "./view";

const image = { width: 4000, height: 3000 };
const screen = { width: 1200, height: 700 };

const views = fc.record({
  x: fc.double({ min: 0, max: image.width, noNaN: true }),
  y: fc.double({ min: 0, max: image.height, noNaN: true }),
  zoom: fc.double({ min: 0.2, max: 32, noNaN: true }),
  width: fc.constant(screen.width),
  height: fc.constant(screen.height),
});

describe("view", () => {
  it("goes to the screen and back", () => {
    fc.assert(
      fc.property(views, fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 0, max: 700 }), (view, x, y) => {
        const back = toScreen(view, toImage(view, { x, y }));
        expect(back.x).toBeCloseTo(x, 6);
        expect(back.y).toBeCloseTo(y, 6);
      }),
    );
  });

  it("keeps the image position under the cursor when it zooms", () => {
    const anchors = fc.record({ x: fc.integer({ min: 0, max: 1200 }), y: fc.integer({ min: 0, max: 700 }) });
    fc.assert(
      fc.property(views, anchors, fc.double({ min: 0.5, max: 2, noNaN: true }), (view, anchor, factor) => {
        const next = zoomedAbout(view, anchor, view.zoom * factor, image);
        const isAtEdge = next.x === 0 || next.y === 0 || next.x === image.width || next.y === image.height;
        fc.pre(!isAtEdge);
        const before = toImage(view, anchor);
        const after = toImage(next, anchor);
        expect(after.x).toBeCloseTo(before.x, 6);
        expect(after.y).toBeCloseTo(before.y, 6);
      }),
    );
  });

  it("shows the whole image when it fits, in the middle", () => {
    const view = fitted(screen, image);
    const { x0, y0, x1, y1 } = boundsOf(view);
    expect([x0 <= 0, y0 <= 0, x1 >= image.width, y1 >= image.height]).toEqual([true, true, true, true]);
    expect(toScreen(view, { x: 2000, y: 1500 })).toEqual({ x: 600, y: 350 });
  });

  it("stops at the largest zoom and at half of the fitting one", () => {
    const view = fitted(screen, image);
    expect(zoomedAbout(view, { x: 0, y: 0 }, 1e9, image).zoom).toBe(MAX_ZOOM);
    expect(zoomedAbout(view, { x: 0, y: 0 }, 1e-9, image).zoom).toBeCloseTo(view.zoom / 2, 12);
  });

  it("magnifies an image smaller than the screen to fit, and lets it be shown at half its size", () => {
    const view = fitted(screen, { width: 100, height: 100 });
    expect(view.zoom).toBeCloseTo(6.68, 2);
    expect(clamped({ ...view, zoom: 0.01 }, { width: 100, height: 100 }).zoom).toBe(0.5);
  });

  it("pans by screen distances and keeps the middle on the image", () => {
    const view: View = { x: 100, y: 100, zoom: 2, ...screen };
    expect(panned(view, 10, -20, image)).toMatchObject({ x: 105, y: 90 });
    expect(panned(view, -1e6, 1e6, image)).toMatchObject({ x: 0, y: 3000 });
  });

  it("keeps what is in the middle when the screen changes", () => {
    const view: View = { x: 123, y: 456, zoom: 2, ...screen };
    expect(resized(view, { width: 300, height: 200 }, image)).toEqual({ ...view, width: 300, height: 200 });
  });
});
