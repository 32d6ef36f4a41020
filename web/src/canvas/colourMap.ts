// The colours of uncertainty: a sequential map of even lightness steps from black over red to yellow, on the absolute
// scale 0 to 1 (Inferno, by Nathaniel Smith and Stéfan van der Walt, CC0; ten of its colours, linear in between).

const STOPS = [
  "#000004",
  "#1b0c42",
  "#4b0c6b",
  "#781c6d",
  "#a52c60",
  "#cf4446",
  "#ed6925",
  "#fb9a06",
  "#f7d03c",
  "#fcffa4",
] as const;

export type Rgb = readonly [number, number, number];

/** CSS gradient from 0 to 1, for legends. */
export const UNCERTAINTY_GRADIENT = `linear-gradient(to right, ${STOPS.join(", ")})`;

export function parseColour(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The colour of an uncertainty from 0 to 1. */
export function uncertaintyColour(value: number): Rgb {
  const position = Math.min(Math.max(value, 0), 1) * (STOPS.length - 1);
  const index = Math.min(Math.floor(position), STOPS.length - 2);
  const from = parseColour(STOPS[index] as string);
  const to = parseColour(STOPS[index + 1] as string);
  const share = position - index;
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + share * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** How bright a colour is for the eye, 0 to 1, after gamma is taken away. */
export function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => (value / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
