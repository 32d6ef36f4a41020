// Lengths for people: micrometres in, a short number with the unit that keeps it readable out.

import type { Schemas } from "../../state/contract";

export interface LengthUnit {
  name: string;
  /** Micrometres in one of it. */
  um: number;
}

/** Ascending; the first is the smallest that is ever shown. */
export const LENGTH_UNITS: readonly [LengthUnit, ...LengthUnit[]] = [
  { name: "pm", um: 1e-6 },
  { name: "nm", um: 1e-3 },
  { name: "µm", um: 1 },
  { name: "mm", um: 1e3 },
  { name: "cm", um: 1e4 },
  { name: "m", um: 1e6 },
];

/** The largest unit in which `um` is at least 1, the smallest unit below that; centimetres only from 10 mm on. */
export function unitFor(um: number): LengthUnit {
  // A hair of tolerance: 1e-3 µm times 1000 must be 1 nm, whatever the last bit says.
  const reaches = (unit: LengthUnit): boolean => um >= unit.um * (1 - 1e-9);
  return LENGTH_UNITS.findLast(reaches) ?? LENGTH_UNITS[0];
}

/** At most three significant digits, without trailing zeros: 12.5, 0.333, 2, 1200. */
export function shortNumber(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(3, Math.ceil(Math.log10(Math.abs(value))));
  return String(Number(value.toPrecision(Math.min(digits, 15))));
}

/** "12.5 nm", "2 µm". */
export function formatLength(um: number): string {
  const unit = unitFor(um);
  return `${shortNumber(um / unit.um)} ${unit.name}`;
}

/** "12.5 nm/px", "12.5 × 25 nm/px" for pixels that are not square; null where the file did not say. */
export function formatPixelSize(size: Schemas["PixelSize"] | null): string | null {
  if (!size) return null;
  const { x_um: x, y_um: y } = size;
  if (Math.abs(x - y) <= 1e-3 * Math.max(x, y)) return `${formatLength(x)}/px`;
  const unit = unitFor(Math.min(x, y));
  return `${shortNumber(x / unit.um)} × ${shortNumber(y / unit.um)} ${unit.name}/px`;
}
