// "Label all like this": the regions that the server proposes, of which a person prunes some before accepting the rest.

import { arrayOf, type Container, ContainerError, wholeNumberOf } from "./container";
import { type Mask, maskHolds, maskOfBits, maskOfRuns } from "./mask";
import type { ViewRectangle } from "./viewPlan";

export interface Proposal {
  mask: Mask;
  /** 0 to 1. */
  similarity: number;
}

/** Proposals with what a person has chosen among them. */
export class Proposals {
  readonly view: ViewRectangle;
  readonly classId: number;
  /** The most similar first. */
  readonly all: readonly Proposal[];
  /** What is less similar is left out. */
  readonly threshold: number;
  readonly #pruned: ReadonlySet<Proposal>;

  constructor(
    view: ViewRectangle,
    classId: number,
    all: readonly Proposal[],
    threshold: number,
    pruned: ReadonlySet<Proposal> = new Set(),
  ) {
    this.view = view;
    this.classId = classId;
    this.all = all;
    this.threshold = threshold;
    this.#pruned = pruned;
  }

  /** Similarity of the least similar one. */
  get lowest(): number {
    return this.all.at(-1)?.similarity ?? 0;
  }

  get accepted(): Proposal[] {
    return this.#similar.filter((proposal) => !this.#pruned.has(proposal));
  }

  /** Left out by a click. */
  get pruned(): Proposal[] {
    return this.#similar.filter((proposal) => this.#pruned.has(proposal));
  }

  withThreshold(threshold: number): Proposals {
    return new Proposals(this.view, this.classId, this.all, threshold, this.#pruned);
  }

  /** Leaves out the proposal at an image position, or takes it in again; null where none is there. */
  toggledAt(y: number, x: number): Proposals | null {
    const scale = 2 ** this.view.level;
    const row = Math.floor(y / scale) - this.view.top;
    const column = Math.floor(x / scale) - this.view.left;
    const found = this.#similar.find(({ mask }) => maskHolds(mask, row, column));
    if (!found) return null;
    const pruned = new Set(this.#pruned);
    if (!pruned.delete(found)) pruned.add(found);
    return new Proposals(this.view, this.classId, this.all, this.threshold, pruned);
  }

  get #similar(): Proposal[] {
    return this.all.filter(({ similarity }) => similarity >= this.threshold);
  }
}

/** Reads what the server proposes. Throws ContainerError. */
export function readProposals(container: Container): Proposal[] {
  const boxes = arrayOf(container, "box", ["uint16"], 2).values;
  const similarities = arrayOf(container, "similarity", ["float32"], 1).values;
  const starts = arrayOf(container, "bits_start", ["uint32"], 1).values;
  const bits = arrayOf(container, "bits", ["uint8"], 1).values;
  const count = wholeNumberOf(container, "regions");
  if (boxes.length !== 4 * count || similarities.length !== count || starts.length !== count + 1) {
    throw new ContainerError("its arrays differ in length");
  }
  return Array.from(similarities, (similarity, number) => {
    const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(4 * number, 4 * number + 4);
    const packed = bits.subarray(starts[number], starts[number + 1]);
    const pixels = new Uint8Array((bottom - top) * (right - left));
    for (let at = 0; at < pixels.length; at++) pixels[at] = ((packed[at >> 3] ?? 0) >> (at & 7)) & 1;
    return { mask: maskOfBits(pixels, right - left, top, left), similarity };
  });
}

/** All proposals as one mask. */
export function joined(proposals: readonly Proposal[]): Mask {
  const runs: [number, number, number][] = [];
  for (const { mask } of proposals) {
    for (let at = 0; at < mask.runs.length; at += 3) {
      runs.push([mask.runs[at] as number, mask.runs[at + 1] as number, mask.runs[at + 2] as number]);
    }
  }
  runs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return maskOfRuns(Int32Array.from(runs.flat()));
}
