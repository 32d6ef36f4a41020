// What smart labelling offers to its tool.

import type { Prompt, Suggestion } from "./suggestion";

export interface Suggestions {
  /** The newest suggestion that was asked for; null where there is none. */
  readonly shown: Suggestion | null;
  /**
   * Asks what a prompt (in image pixels) would label, with the scale and class of now. The same again costs nothing.
   * `time` is when the person did it, as performance.now. False where no prepared view holds the prompt.
   */
  ask(prompt: Prompt, time: number): boolean;
  /** Nothing is pointed at. */
  drop(): void;
  /** Resolves to the answer to what was asked last; null where there is none to come. */
  settled(): Promise<Suggestion | null>;
  /** The suggestion was drawn. */
  drawn(): void;
  /** Goes on to the next scale. */
  nextScale(): void;
  /** Says how many points, and whether a box, hold the suggestion. */
  hold(points: number, hasBox: boolean): void;
}
