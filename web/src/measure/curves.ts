// What was measured as curves for a plot: points in the unit of the axes.

import type { Histogram } from "../api/measurements";

export interface Point {
  x: number;
  y: number;
}

export interface Curve {
  id: number;
  name: string;
  colour: string;
  points: readonly Point[];
}

/** A histogram's outline: along each bin at its height, and down to 0 at both ends. */
export function stepsOf(edges: readonly number[], shares: readonly number[]): Point[] {
  const first = edges[0];
  const last = edges.at(-1);
  if (first === undefined || last === undefined || shares.length === 0) return [];
  const tops = shares.flatMap((share, at) => [
    { x: edges[at] ?? first, y: share },
    { x: edges[at + 1] ?? last, y: share },
  ]);
  return [{ x: first, y: 0 }, ...tops, { x: last, y: 0 }];
}

export const outlineOf = (histogram: Histogram, by: "shares" | "by_area"): Point[] =>
  stepsOf(histogram.edges, histogram[by]);

/** Values at 0, 1, 2 … steps; those that are not known are left out. */
export function pointsOf(values: readonly (number | null)[], step: number): Point[] {
  return values.flatMap((y, at) => (y === null ? [] : [{ x: at * step, y }]));
}

/** The curve's value at the point that is nearest to `x`; null for no points. */
export function valueNear(points: readonly Point[], x: number): Point | null {
  let nearest: Point | null = null;
  for (const point of points) if (nearest === null || Math.abs(point.x - x) < Math.abs(nearest.x - x)) nearest = point;
  return nearest;
}
