// Which class each pixel of a prepared view is labelled with, so that suggestions leave other classes alone.

import { type Mask, maskOfRuns } from "./mask";
import type { LabelPart } from "./protocol";

export class ViewLabels {
  readonly width: number;
  readonly classes: Uint8Array;
  /** Grows with each change. */
  version = 0;

  constructor(height: number, width: number) {
    this.width = width;
    this.classes = new Uint8Array(height * width);
  }

  put({ y0, x0, y1, x1, classes }: LabelPart): void {
    const columns = x1 - x0;
    for (let y = y0; y < y1; y++) {
      this.classes.set(classes.subarray((y - y0) * columns, (y - y0 + 1) * columns), y * this.width + x0);
    }
    this.version++;
  }

  /** The mask without pixels of blocked classes. */
  cut(mask: Mask, blocked: Uint8Array): Mask {
    const runs: number[] = [];
    let isCut = false;
    for (let at = 0; at < mask.runs.length; at += 3) {
      const y = mask.runs[at] as number;
      const end = mask.runs[at + 2] as number;
      let x = mask.runs[at + 1] as number;
      const row = y * this.width;
      while (x < end) {
        const from = x;
        while (x < end && blocked[this.classes[row + x] as number] === 0) x++;
        if (x > from) runs.push(y, from, x);
        while (x < end && blocked[this.classes[row + x] as number] !== 0) {
          x++;
          isCut = true;
        }
      }
    }
    return isCut ? maskOfRuns(Int32Array.from(runs)) : mask;
  }
}
