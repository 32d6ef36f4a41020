// From a view to a model's coordinates and back, as `src/sambaseg/smart/models/decoding.py` does it, number for number.

import { type Container, wholeNumberOf } from "../container";
import { type Mask, maskOfRuns } from "../mask";
import type { Prompt, PromptBox, PromptPoint } from "../suggestion";

/** A model's masks have one value for 4 by 4 pixels of its input. */
const MASK_SHRINK = 4;
const [OUTSIDE, INSIDE, BOX_START, BOX_END, PADDING] = [0, 1, 2, 3, -1];

/** A view of `height` by `width` inside a model's square input, of which it fills `inputHeight` by `inputWidth`. */
export interface Frame {
  height: number;
  width: number;
  inputSide: number;
  inputHeight: number;
  inputWidth: number;
}

export function frameOf(container: Container): Frame {
  return {
    height: wholeNumberOf(container, "height"),
    width: wholeNumberOf(container, "width"),
    inputSide: wholeNumberOf(container, "input_side"),
    inputHeight: wholeNumberOf(container, "input_height"),
    inputWidth: wholeNumberOf(container, "input_width"),
  };
}

export const maskSideOf = ({ inputSide }: Frame): number => Math.floor(inputSide / MASK_SHRINK);

/** Points as x, y in turn, and what each of them means to a model. */
export interface ModelPoints {
  places: number[];
  meanings: number[];
}

function placeOf(frame: Frame, y: number, x: number): [number, number] {
  // Models count from the middle of a pixel and add the half themselves.
  return [(x * frame.inputWidth) / frame.width - 0.5, (y * frame.inputHeight) / frame.height - 0.5];
}

export function pointsOf(frame: Frame, points: readonly PromptPoint[]): ModelPoints {
  return {
    places: points.flatMap(({ y, x }) => placeOf(frame, y, x)),
    meanings: points.map(({ positive }) => (positive ? INSIDE : OUTSIDE)) as number[],
  };
}

/** x and y of the top left and of the bottom right corner. */
export function cornersOf(frame: Frame, { top, left, bottom, right }: PromptBox): number[] {
  return [...placeOf(frame, top, left), ...placeOf(frame, bottom, right)];
}

/** All of a prompt as points: a box becomes its corners, and without one a point that means nothing stands there. */
export function labelledPoints(frame: Frame, { points, box }: Prompt): ModelPoints {
  const { places, meanings } = pointsOf(frame, points);
  return box
    ? { places: [...places, ...cornersOf(frame, box)], meanings: [...meanings, BOX_START, BOX_END] as number[] }
    : { places: [...places, 0, 0], meanings: [...meanings, PADDING] as number[] };
}

/** The points of a prompt for a model that takes no boxes: the middle of the box is one more. */
export function pointsOfBox({ points, box }: Prompt): readonly PromptPoint[] {
  if (!box) return points;
  return [...points, { y: (box.top + box.bottom) / 2, x: (box.left + box.right) / 2, positive: true }];
}

/** Numbers of the three masks from small to large, by their values above 0 inside the view. */
export function orderByArea(logits: Float32Array, frame: Frame): number[] {
  const side = maskSideOf(frame);
  const rows = Math.ceil(frame.inputHeight / MASK_SHRINK);
  const columns = Math.ceil(frame.inputWidth / MASK_SHRINK);
  const areas = [0, 1, 2].map((number) => {
    let area = 0;
    for (let y = 0; y < rows; y++) {
      const row = (number * side + y) * side;
      for (let x = 0; x < columns; x++) if ((logits[row + x] as number) > 0) area++;
    }
    return area;
  });
  return [0, 1, 2].sort((a, b) => (areas[a] as number) - (areas[b] as number));
}

/** For each pixel along one axis of the view: the two values it lies between, and the share of the second. */
interface Steps {
  first: Int32Array;
  second: Int32Array;
  share: Float64Array;
}

function stepsOf(viewPx: number, maskPx: number): Steps {
  const last = Math.ceil(maskPx) - 1;
  const steps = { first: new Int32Array(viewPx), second: new Int32Array(viewPx), share: new Float64Array(viewPx) };
  for (let at = 0; at < viewPx; at++) {
    const position = Math.max(((at + 0.5) * maskPx) / viewPx - 0.5, 0);
    const first = Math.min(Math.floor(position), last);
    steps.first[at] = first;
    steps.second[at] = Math.min(first + 1, last);
    steps.share[at] = Math.min(position - first, 1);
  }
  return steps;
}

/** The mask over the view: where logits (one mask), enlarged between their values, are above 0. */
export function maskOfLogits(logits: Float32Array, frame: Frame): Mask {
  const side = maskSideOf(frame);
  const rows = stepsOf(frame.height, frame.inputHeight / MASK_SHRINK);
  const columns = stepsOf(frame.width, frame.inputWidth / MASK_SHRINK);
  const between = new Float64Array(side);
  const runs: number[] = [];
  for (let y = 0; y < frame.height; y++) {
    const above = (rows.first[y] as number) * side;
    const below = (rows.second[y] as number) * side;
    const share = rows.share[y] as number;
    let isAnyInside = false;
    for (let x = 0; x < side; x++) {
      const value = (logits[above + x] as number) * (1 - share) + (logits[below + x] as number) * share;
      between[x] = value;
      if (value > 0) isAnyInside = true;
    }
    if (!isAnyInside) continue;
    let start = -1;
    for (let x = 0; x <= frame.width; x++) {
      const isInside = x < frame.width && valueAt(between, columns, x) > 0;
      if (isInside && start < 0) start = x;
      if (isInside || start < 0) continue;
      runs.push(y, start, x);
      start = -1;
    }
  }
  return maskOfRuns(Int32Array.from(runs));
}

function valueAt(between: Float64Array, { first, second, share }: Steps, x: number): number {
  const part = share[x] as number;
  return (between[first[x] as number] as number) * (1 - part) + (between[second[x] as number] as number) * part;
}

/** A model's estimates of its masks' quality as scores from 0 to 1; no numbers become 0. */
export function scoresOf(estimates: Float32Array): number[] {
  return Array.from(estimates, (value) => (Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), 1)));
}
