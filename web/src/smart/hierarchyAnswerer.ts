// Answers prompts over a view that the built-in suggester prepared.

import type { Answerer, Taken, ThreeMasks } from "./answerer";
import { answerPrompt, BlockedPixels, type Candidate, type Step } from "./hierarchyAnswers";
import type { HierarchyTable } from "./hierarchyTable";
import { EMPTY_MASK, type Mask, maskOfBits } from "./mask";
import type { Prompt } from "./suggestion";

interface KnownBlocked {
  version: number;
  classes: string;
  pixels: BlockedPixels | null;
}

export class HierarchyAnswerer implements Answerer {
  readonly #table: HierarchyTable;
  #blocked: KnownBlocked | null = null;

  constructor(table: HierarchyTable) {
    this.#table = table;
  }

  get height(): number {
    return this.#table.height;
  }

  get width(): number {
    return this.#table.width;
  }

  answer(prompt: Prompt, taken: Taken | null): ThreeMasks {
    const candidates = answerPrompt(this.#table, prompt, taken && this.#blockedPixels(taken));
    return {
      scores: candidates.map(({ score }) => score),
      identity: candidates.map(({ node, steps }) => JSON.stringify([node, steps])).join(),
      mask: (scale) => {
        const candidate = candidates[scale];
        return candidate ? maskOfCandidate(this.#table, candidate) : EMPTY_MASK;
      },
    };
  }

  /** Counted once for the same labels and classes; null where nothing is blocked. */
  #blockedPixels({ labels, blocked }: Taken): BlockedPixels | null {
    const classes = blocked.join("");
    const known = this.#blocked;
    if (known && known.version === labels.version && known.classes === classes) return known.pixels;
    const { regions, regionCount } = this.#table;
    const counts = new Uint32Array(regionCount);
    let isAnyBlocked = false;
    labels.classes.forEach((classId, at) => {
      if (classId === 0 || blocked[classId] === 0) return;
      const region = regions[at] as number;
      counts[region] = (counts[region] as number) + 1;
      isAnyBlocked = true;
    });
    const pixels = isAnyBlocked ? new BlockedPixels(this.#table, counts) : null;
    this.#blocked = { version: labels.version, classes, pixels };
    return pixels;
  }
}

/** The pixels of a candidate. */
export function maskOfCandidate(table: HierarchyTable, { node, steps }: Candidate): Mask {
  const frames = [frameOfNode(table, node), ...steps.filter(({ adds }) => adds).map((step) => frameOf(table, step))];
  const frame: Frame = {
    top: Math.min(...frames.map(({ top }) => top)),
    left: Math.min(...frames.map(({ left }) => left)),
    bottom: Math.max(...frames.map(({ bottom }) => bottom)),
    right: Math.max(...frames.map(({ right }) => right)),
  };
  const { top, left, bottom, right } = frame;
  const bits = new Uint8Array((bottom - top) * (right - left));
  setNode(table, node, frame, bits, 1);
  for (const step of steps) {
    if (step.kind === "part") setNode(table, step.node, frame, bits, step.adds ? 1 : 0);
    else setDisc(step, frameOf(table, step), frame, bits);
  }
  return maskOfBits(bits, right - left, top, left);
}

interface Frame {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

function frameOfNode({ nodeBox }: HierarchyTable, node: number): Frame {
  const [top = 0, left = 0, bottom = 0, right = 0] = nodeBox.subarray(4 * node, 4 * node + 4);
  return { top, left, bottom, right };
}

function frameOf(table: HierarchyTable, step: Step): Frame {
  if (step.kind === "part") return frameOfNode(table, step.node);
  const reach = Math.ceil(Math.sqrt(step.squaredPx));
  return {
    top: Math.max(step.y - reach, 0),
    left: Math.max(step.x - reach, 0),
    bottom: Math.min(step.y + reach + 1, table.height),
    right: Math.min(step.x + reach + 1, table.width),
  };
}

/** Sets the pixels of a disc, which has the box `own`, that lie in the frame. */
function setDisc(disc: Step & { kind: "disc" }, own: Frame, frame: Frame, bits: Uint8Array): void {
  const columns = frame.right - frame.left;
  for (let y = Math.max(own.top, frame.top); y < Math.min(own.bottom, frame.bottom); y++) {
    for (let x = Math.max(own.left, frame.left); x < Math.min(own.right, frame.right); x++) {
      const isInside = (y - disc.y) ** 2 + (x - disc.x) ** 2 < disc.squaredPx;
      if (isInside) bits[(y - frame.top) * columns + x - frame.left] = disc.adds ? 1 : 0;
    }
  }
}

/** Sets the pixels of a node that lie in the frame. */
function setNode(table: HierarchyTable, node: number, frame: Frame, bits: Uint8Array, value: 0 | 1): void {
  const { width, regions, regionCount } = table;
  const tree = table.nodeTree[node] as number;
  const positions = table.positions.subarray(tree * regionCount, (tree + 1) * regionCount);
  const low = table.nodeLow[node] as number;
  const high = table.nodeHigh[node] as number;
  const [top = 0, left = 0, bottom = 0, right = 0] = table.nodeBox.subarray(4 * node, 4 * node + 4);
  const columns = frame.right - frame.left;
  const x0 = Math.max(left, frame.left);
  const x1 = Math.min(right, frame.right);
  for (let y = Math.max(top, frame.top); y < Math.min(bottom, frame.bottom); y++) {
    const row = y * width;
    const target = (y - frame.top) * columns - frame.left;
    for (let x = x0; x < x1; x++) {
      const position = positions[regions[row + x] as number] as number;
      if (position >= low && position < high) bits[target + x] = value;
    }
  }
}
