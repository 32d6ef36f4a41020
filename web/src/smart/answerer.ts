// Who answers prompts for a prepared view, whatever it was prepared by.

import type { Mask } from "./mask";
import type { Prompt, Scale } from "./suggestion";
import type { ViewLabels } from "./viewLabels";

export interface ThreeMasks {
  /** Estimated quality of the three, small to large, 0 to 1. */
  scores: readonly number[];
  /** Equal texts mean equal masks, as long as labels stay the same; null where that is not known. */
  identity: string | null;
  mask(scale: Scale): Mask;
}

/** Labels of a view, and which classes may not be taken (1 by class id). */
export interface Taken {
  labels: ViewLabels;
  blocked: Uint8Array;
}

export interface Answerer {
  readonly height: number;
  readonly width: number;
  /** `taken` is null where nothing is labelled yet. */
  answer(prompt: Prompt, taken: Taken | null): ThreeMasks | Promise<ThreeMasks>;
}
