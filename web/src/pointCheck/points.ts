// The points of a check as a list: what was answered, and which one is asked next.

import type { CheckedPoint, PointAnswer } from "../state/contract";

/** The list with another answer at one point. */
export const withAnswer = (
  points: readonly CheckedPoint[],
  number: number,
  answer: PointAnswer | null,
): readonly CheckedPoint[] => points.map((point, at) => (at === number ? { ...point, answer } : point));

/** The first point without an answer; null where all have one. */
export function firstOpen(points: readonly CheckedPoint[]): number | null {
  const at = points.findIndex(({ answer }) => answer === null);
  return at < 0 ? null : at;
}

/** The next point without an answer, after one and then from the beginning; null where all have one. */
export function nextOpen(points: readonly CheckedPoint[], after: number): number | null {
  const at = points.findIndex(({ answer }, number) => number > after && answer === null);
  return at < 0 ? firstOpen(points) : at;
}

export const countAnswered = (points: readonly CheckedPoint[]): number =>
  points.filter(({ answer }) => answer !== null).length;
