// What is said of estimates: an agreement with its error, intervals, and the trend as a line.

import type { ShareInterval, TrendEntry } from "../api/trust";

/** "0.71 ± 0.06". */
export const formatEstimate = (overlap: number, error: number): string => `${overlap.toFixed(2)} ± ${error.toFixed(2)}`;

/** "0.71", or a dash where nothing is known. */
export const formatNumber = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

/** "31.0 – 36.4 %". */
export const formatInterval = ({ low, high }: Pick<ShareInterval, "low" | "high">): string =>
  `${(low * 100).toFixed(1)} – ${(high * 100).toFixed(1)} %`;

/** A polyline's points for the estimates of trainings, 0 at the bottom and 1 at the top; "" for fewer than two. */
export function trendPoints(trend: readonly TrendEntry[], width: number, height: number): string {
  const known = trend.flatMap(({ overlap }) => (overlap === null ? [] : [overlap]));
  if (known.length < 2) return "";
  const step = width / (known.length - 1);
  return known.map((overlap, at) => `${(at * step).toFixed(1)},${((1 - overlap) * height).toFixed(1)}`).join(" ");
}
