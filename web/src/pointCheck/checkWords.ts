// What is said of a check by points: intervals, how far it is, and what the answers were.

import type { Interval, PointCheck, PointEstimate } from "../api/pointCheck";
import { formatCount } from "../panels/wording/numbers";
import { countAnswered } from "./points";

/** Fewer answers than these say too little for numbers. */
const LEAST_ANSWERS = 10;

/** "0.86 – 0.97". */
export const formatRange = ({ low, high }: Pick<Interval, "low" | "high">): string =>
  `${low.toFixed(2)} – ${high.toFixed(2)}`;

/** What the button does that leads to the points of a check. */
export function goOnWords({ points }: Pick<PointCheck, "points">): string {
  const answered = countAnswered(points);
  if (answered === points.length) return "Change answers";
  return `Go on (${formatCount(answered)} of ${formatCount(points.length)} answered)`;
}

/** What was answered, and what it is not enough for. */
export function answeredWords({ points, estimate }: Pick<PointCheck, "points" | "estimate">): string {
  const answered = countAnswered(points);
  const unsure = points.filter(({ answer }) => answer === "unsure").length;
  const all = `${formatCount(answered)} of ${formatCount(points.length)} points are answered`;
  const told = unsure === 0 ? `${all}.` : `${all}; ${unsureWords(unsure)}.`;
  return estimate ? told : `${told} The numbers stand here as soon as ${LEAST_ANSWERS} have a class.`;
}

const unsureWords = (unsure: number): string =>
  unsure === 1
    ? "1 could not be told and counts for nothing"
    : `${formatCount(unsure)} could not be told and count for nothing`;

/** What replacing a check costs. */
export function lossWords({ points }: Pick<PointCheck, "points">): string {
  const answered = countAnswered(points);
  if (answered === 0) return "Other points are drawn.";
  return answered === 1
    ? "Other points are drawn, and the answer that you gave is gone."
    : `Other points are drawn, and the ${formatCount(answered)} answers that you gave are gone.`;
}

/** The numbers of the whole, in the order in which they are shown. */
export const wholeRows = ({ accuracy, overlap }: PointEstimate): readonly { name: string; interval: Interval }[] => [
  { name: "Accuracy: share of pixels that are right", interval: accuracy },
  { name: "Mean overlap (IoU) of the classes", interval: overlap },
];
