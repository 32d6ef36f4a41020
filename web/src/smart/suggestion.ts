// What a person points at, and what is suggested for it.

import type { Mask } from "./mask";
import type { ViewRectangle } from "./viewPlan";

/** Small, medium, large. */
export type Scale = 0 | 1 | 2;

export const SCALES = [
  { letter: "S", name: "Small" },
  { letter: "M", name: "Medium" },
  { letter: "L", name: "Large" },
] as const;

/** One scale everywhere, or at each place the one of the best score. */
export type ScaleChoice = Scale | "best";

/** The scale after the one that is chosen, or that is shown where the best one is. */
export const nextScale = (choice: ScaleChoice, shown: Scale | null): Scale =>
  (((choice === "best" ? (shown ?? 0) : choice) + 1) % 3) as Scale;

/** The scale that is shown of three scores; of equal ones the smallest. */
export function scaleShown(choice: ScaleChoice, scores: readonly number[]): Scale {
  return choice === "best" ? (scores.indexOf(Math.max(...scores)) as Scale) : choice;
}

/** A point inside the wanted region, or outside of it where it is not `positive`. */
export interface PromptPoint {
  y: number;
  x: number;
  positive: boolean;
}

export interface PromptBox {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** Points, a box, or both; in pixels of the image, or of a view. A pixel's centre lies at .5. */
export interface Prompt {
  points: readonly PromptPoint[];
  box: PromptBox | null;
}

/** What of a suggestion is drawn; in pixels of the view. */
export interface SuggestedRegion {
  mask: Mask;
  /** Straight lines along pixels: x0, y0, x1, y1; none where the picture shows the border. */
  outline: Int32Array<ArrayBuffer>;
  /** The mask's bounding box in the colour of the class; null where the mask is empty, or cannot be drawn here. */
  picture: ImageBitmap | null;
}

export interface Suggestion {
  /** In pixels of the image. */
  prompt: Prompt;
  view: ViewRectangle;
  /** The one that is shown. */
  scale: Scale;
  classId: number;
  /** Estimated quality of the three scales, 0 to 1. */
  scores: readonly number[];
  region: SuggestedRegion;
}

/** The same prompt in pixels of a view. */
export function promptInView({ points, box }: Prompt, { level, top, left }: ViewRectangle): Prompt {
  const scale = 2 ** level;
  return {
    points: points.map(({ y, x, positive }) => ({ y: y / scale - top, x: x / scale - left, positive })),
    box: box && {
      top: box.top / scale - top,
      left: box.left / scale - left,
      bottom: box.bottom / scale - top,
      right: box.right / scale - left,
    },
  };
}

/** Whether a view holds all that a prompt points at. */
export function viewHolds({ level, top, left, bottom, right }: ViewRectangle, { points, box }: Prompt): boolean {
  const scale = 2 ** level;
  const holds = (y: number, x: number): boolean =>
    y >= top * scale && x >= left * scale && y <= bottom * scale && x <= right * scale;
  const isBoxIn = !box || (holds(box.top, box.left) && holds(box.bottom, box.right));
  return isBoxIn && points.every(({ y, x }) => holds(y, x));
}
