// Answers prompts over a view that the built-in suggester prepared.

import type { Answerer, Taken, ThreeMasks } from "./answerer";
import { answerPrompt, BlockedPixels, type Candidate } from "./hierarchyAnswers";
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
      identity: candidates.map(({ node, added, removed }) => [node, ...added, "-", ...removed].join(" ")).join(","),
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
export function maskOfCandidate(table: HierarchyTable, { node, added, removed }: Candidate): Mask {
  const parts = [node, ...added];
  const boxes = parts.map((part) => table.nodeBox.subarray(4 * part, 4 * part + 4));
  const top = Math.min(...boxes.map((box) => box[0] as number));
  const left = Math.min(...boxes.map((box) => box[1] as number));
  const bottom = Math.max(...boxes.map((box) => box[2] as number));
  const right = Math.max(...boxes.map((box) => box[3] as number));
  const frame = { top, left, bottom, right };
  const bits = new Uint8Array((bottom - top) * (right - left));
  for (const part of parts) setNode(table, part, frame, bits, 1);
  for (const part of removed) setNode(table, part, frame, bits, 0);
  return maskOfBits(bits, right - left, top, left);
}

interface Frame {
  top: number;
  left: number;
  bottom: number;
  right: number;
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
