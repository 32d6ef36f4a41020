import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TILE, TILE_PIXELS } from "../canvas/grid";
import type { Point } from "../canvas/view";
import { type CoverRow, coverCapsule } from "./capsule";
import { floodFill } from "./floodFill";
import { coverPolygon } from "./polygonFill";

const SIDE = 40;

/** Pixels that `draw` covers on a small canvas, as "x y"; throws where it covers one twice. */
function covered(draw: (cover: CoverRow) => void): Set<string> {
  const pixels = new Set<string>();
  draw((y, x0, x1) => {
    for (let x = x0; x < x1; x++) {
      const name = `${x} ${y}`;
      if (pixels.has(name)) throw new Error(`${name} is covered twice`);
      pixels.add(name);
    }
  });
  return pixels;
}

function bruteForce(isInside: (x: number, y: number) => boolean): Set<string> {
  const pixels = new Set<string>();
  for (let y = -SIDE; y < 2 * SIDE; y++) {
    for (let x = -SIDE; x < 2 * SIDE; x++) if (isInside(x + 0.5, y + 0.5)) pixels.add(`${x} ${y}`);
  }
  return pixels;
}

function distanceToSegment(x: number, y: number, a: Point, b: Point): number {
  const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const along = length2 === 0 ? 0 : ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length2;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
}

const coordinates = fc.oneof(
  fc.double({ min: 0, max: SIDE, noNaN: true }),
  fc.integer({ min: 0, max: 2 * SIDE }).map((half) => half / 2),
);
const points = fc.record({ x: coordinates, y: coordinates });

describe("brush shape", () => {
  it("covers every pixel whose centre is within the radius of the way, and no other", () => {
    fc.assert(
      fc.property(points, points, fc.double({ min: 0.5, max: 15, noNaN: true }), (a, b, radius) => {
        const actual = covered((cover) => coverCapsule(a, b, radius, cover));
        const expected = bruteForce((x, y) => distanceToSegment(x, y, a, b) <= radius);
        // Centres exactly on the edge may fall either way by rounding.
        const onEdge = (name: string): boolean => {
          const [x, y] = name.split(" ").map(Number) as [number, number];
          return Math.abs(distanceToSegment(x + 0.5, y + 0.5, a, b) - radius) < 1e-9;
        };
        expect([...expected].filter((name) => !actual.has(name) && !onEdge(name))).toEqual([]);
        expect([...actual].filter((name) => !expected.has(name) && !onEdge(name))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("of half a pixel's radius covers the pixel it stands on", () => {
    const at = { x: 3.5, y: 7.5 };
    expect(covered((cover) => coverCapsule(at, at, 0.5, cover))).toEqual(new Set(["3 7"]));
  });

  it("of radius 2 is the disc that includes its radius", () => {
    const at = { x: 10.5, y: 10.5 };
    expect(covered((cover) => coverCapsule(at, at, 2, cover)).size).toBe(13);
  });
});

describe("polygon", () => {
  it("covers every pixel whose centre is inside by the even-odd rule, and no other", () => {
    fc.assert(
      fc.property(fc.array(points, { minLength: 3, maxLength: 9 }), (corners) => {
        const isInside = (x: number, y: number): boolean => {
          let inside = false;
          corners.forEach((to, index) => {
            const from = corners.at(index - 1) as Point;
            const crossing = from.x + ((y - from.y) * (to.x - from.x)) / (to.y - from.y);
            if (from.y > y !== to.y > y && x < crossing) inside = !inside;
          });
          return inside;
        };
        const actual = covered((cover) => coverPolygon(corners, -SIDE, 2 * SIDE, cover));
        expect([...actual].sort()).toEqual([...bruteForce(isInside)].sort());
      }),
      { numRuns: 60 },
    );
  });

  it("of two neighbours covers a shared edge once", () => {
    const left = [
      { x: 0, y: 0 },
      { x: 5.5, y: 0 },
      { x: 5.5, y: 4 },
      { x: 0, y: 4 },
    ];
    const right = left.map(({ x, y }) => ({ x: x + 5.5, y }));
    const [a, b] = [left, right].map((corners) => covered((cover) => coverPolygon(corners, 0, SIDE, cover)));
    expect([...(a as Set<string>)].filter((name) => b?.has(name))).toEqual([]);
    expect((a as Set<string>).size + (b as Set<string>).size).toBe(44);
  });
});

describe("flood fill", () => {
  const WIDTH = 300;
  const HEIGHT = 270;

  /** A picture of blocks, so that regions wind through the tiles. */
  const pictures = fc
    .array(fc.boolean(), { minLength: 30 * 27, maxLength: 30 * 27 })
    .map((blocks) => (x: number, y: number) => blocks[Math.floor(y / 10) * 30 + Math.floor(x / 10)] === true);

  const sourceOf = (isFree: (x: number, y: number) => boolean) => ({
    width: WIDTH,
    height: HEIGHT,
    matches: async (ty: number, tx: number) =>
      Uint8Array.from({ length: TILE_PIXELS }, (_, at) => {
        const [x, y] = [tx * TILE + (at % TILE), ty * TILE + Math.floor(at / TILE)];
        return x < WIDTH && y < HEIGHT && isFree(x, y) ? 1 : 0;
      }),
  });
  const limits = { maxPixels: 1e9, signal: new AbortController().signal };

  function connectedNaively(isFree: (x: number, y: number) => boolean, x: number, y: number): Set<number> {
    const seen = new Set<number>();
    const stack = [[x, y]] as [number, number][];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const [px, py] = next;
      const name = py * WIDTH + px;
      if (px < 0 || py < 0 || px >= WIDTH || py >= HEIGHT || seen.has(name) || !isFree(px, py)) continue;
      seen.add(name);
      stack.push([px + 1, py], [px - 1, py], [px, py + 1], [px, py - 1]);
    }
    return seen;
  }

  it("finds exactly what is connected to the start, across tiles", async () => {
    const starts = fc.tuple(fc.integer({ min: 0, max: WIDTH - 1 }), fc.integer({ min: 0, max: HEIGHT - 1 }));
    await fc.assert(
      fc.asyncProperty(pictures, starts, async (isFree, [x, y]) => {
        const result = await floodFill(sourceOf(isFree), x, y, limits);
        const expected = connectedNaively(isFree, x, y);
        let wrong = 0;
        for (const { ty, tx, mask } of result.tiles) {
          mask.forEach((inside, at) => {
            const [px, py] = [tx * TILE + (at % TILE), ty * TILE + Math.floor(at / TILE)];
            if (inside && !expected.has(py * WIDTH + px)) wrong++;
          });
        }
        expect([wrong, result.pixels, result.cut]).toEqual([0, expected.size, false]);
      }),
      { numRuns: 12 },
    );
  });

  it("stops at its limit and says so", async () => {
    const result = await floodFill(
      sourceOf(() => true),
      0,
      0,
      { ...limits, maxPixels: 60_000 },
    );
    expect([result.cut, result.pixels]).toEqual([true, TILE * TILE]);
  });

  it("ends when it is given up", async () => {
    const running = new AbortController();
    const source = sourceOf(() => true);
    const filling = floodFill(
      {
        ...source,
        matches: async (ty, tx) => {
          if (tx === 1) running.abort();
          return source.matches(ty, tx);
        },
      },
      0,
      0,
      { maxPixels: 1e9, signal: running.signal },
    );
    await expect(filling).rejects.toThrow();
  });
});
