// What the page and the worker that answers prompts say to each other.

import type { Prompt, Scale, ScaleChoice, SuggestedRegion } from "./suggestion";
import type { ViewRectangle } from "./viewPlan";

export interface LabelPart {
  y0: number;
  x0: number;
  y1: number;
  x1: number;
  /** Class ids of these pixels of the view, row by row. */
  classes: Uint8Array<ArrayBuffer>;
}

export interface Question {
  /** Numbers of questions ascend. */
  serial: number;
  /** The prepared view that is asked. */
  key: number;
  /** In pixels of that view. */
  prompt: Prompt;
  scale: ScaleChoice;
  /** By class id: 1 where pixels of that class may not be taken. */
  blocked: Uint8Array;
  /** Colour of the picture, as a word of an ImageData. */
  colour: number;
}

/** Where a prepared view came from, for a worker that asks the server about it. */
export interface ViewSource {
  projectId: string;
  image: number;
  rectangle: ViewRectangle;
}

export type ToWorker =
  | { kind: "view"; key: number; content: ArrayBuffer; source: ViewSource }
  /** A view of that model is going to come. */
  | { kind: "warm"; model: string }
  | { kind: "forget"; key: number }
  | { kind: "labels"; key: number; part: LabelPart }
  | { kind: "ask"; question: Question };

export interface Answer {
  serial: number;
  key: number;
  scores: readonly number[];
  /** The scale of the region. */
  scale: Scale;
  /** "same" where nothing differs from the answer before. */
  region: SuggestedRegion | "same";
}

export type FromWorker = { kind: "answer"; answer: Answer } | { kind: "broken"; key: number; message: string };
