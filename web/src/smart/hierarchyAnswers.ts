// From a prompt to three candidates, as `src/sambaseg/smart/hierarchy/answers.py` finds them, number for number.
//
// One point: all nodes that hold it, of all trees, are candidates; three are taken that together cover the likely ones.
// More points correct each candidate: parts are added around positive points and taken away around negative ones. A
// box: candidates are the nodes whose bounding boxes fit it best.

import type { HierarchyTable } from "./hierarchyTable";
import type { Prompt, PromptBox, PromptPoint } from "./suggestion";

const LIKELY_WITHIN = 0.35;
const CORRECTION_COSTS = 0.9;
const BLOCKED_LEAVES = 0.1;
const BLOCKED_PX = 3;
const BLOCKED_SHARE = 0.002;
const BOX_CANDIDATES = 60;
const MASKS = 3;

/** A node, the nodes added to it and those taken away after that; its area is an estimate for comparing. */
export interface Candidate {
  node: number;
  added: readonly number[];
  removed: readonly number[];
  score: number;
  area: number;
}

/** How many pixels of a node have labels of another class than the one that is being labelled. */
export class BlockedPixels {
  readonly #table: HierarchyTable;
  /** Sums over the regions in the order of each tree. */
  readonly #sums: readonly Float64Array[];

  /** `blocked` counts such pixels of each region. */
  constructor(table: HierarchyTable, blocked: Uint32Array) {
    this.#table = table;
    const count = table.regionCount;
    this.#sums = Array.from({ length: table.trees }, (_, tree) => {
      const sums = new Float64Array(count + 1);
      for (let region = 0; region < count; region++) {
        sums[(table.positions[tree * count + region] as number) + 1] = blocked[region] as number;
      }
      for (let place = 1; place <= count; place++) {
        sums[place] = (sums[place] as number) + (sums[place - 1] as number);
      }
      return sums;
    });
  }

  of(node: number): number {
    const sums = this.#sums[this.#table.nodeTree[node] as number] as Float64Array;
    const { nodeLow, nodeHigh } = this.#table;
    return (sums[nodeHigh[node] as number] as number) - (sums[nodeLow[node] as number] as number);
  }
}

/** Three candidates of a prompt, small to large; the last one again where there are fewer, none where nothing is there. */
export function answerPrompt(table: HierarchyTable, prompt: Prompt, blocked: BlockedPixels | null): Candidate[] {
  const chosen = chooseThree(new Finder(table, prompt, blocked).candidates());
  const last = chosen.at(-1);
  while (last && chosen.length < MASKS) chosen.push(last);
  return chosen;
}

export function chooseThree(candidates: readonly Candidate[]): Candidate[] {
  const best = candidates.reduce((most, { score }) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const likely = Float64Array.from(candidates, ({ score }) => {
    const share = Math.max(0, 1 - (best - score) / LIKELY_WITHIN);
    return share * share;
  });
  const covered = new Float64Array(candidates.length);
  const chosen: number[] = [];
  for (let round = 0; round < Math.min(MASKS, candidates.length); round++) {
    let [winner, most] = [-1, -1];
    candidates.forEach((candidate, number) => {
      if (chosen.includes(number)) return;
      const value = coverage(candidate, candidates, likely, covered);
      if (value > most) [winner, most] = [number, value];
    });
    const taken = candidates[winner] as Candidate;
    chosen.push(winner);
    candidates.forEach((other, number) => {
      covered[number] = Math.max(covered[number] as number, ratioOf(other, taken) * taken.score);
    });
  }
  const areaOf = (number: number): number => (candidates[number] as Candidate).area;
  chosen.sort((a, b) => areaOf(a) - areaOf(b) || a - b);
  return chosen.map((number) => candidates[number] as Candidate);
}

/** How well the likely candidates are covered with one more; summed one after the other. */
function coverage(
  added: Candidate,
  candidates: readonly Candidate[],
  likely: Float64Array,
  covered: Float64Array,
): number {
  let sum = 0;
  for (let number = 0; number < candidates.length; number++) {
    const share = ratioOf(candidates[number] as Candidate, added) * added.score;
    sum += (likely[number] as number) * Math.max(covered[number] as number, share);
  }
  return sum;
}

function ratioOf(a: Candidate, b: Candidate): number {
  return Math.min(a.area, b.area) / Math.max(a.area, b.area);
}

class Finder {
  readonly #table: HierarchyTable;
  readonly #prompt: Prompt;
  readonly #blocked: BlockedPixels | null;
  readonly #positive: readonly number[];
  readonly #negative: readonly number[];

  constructor(table: HierarchyTable, prompt: Prompt, blocked: BlockedPixels | null) {
    this.#table = table;
    this.#prompt = prompt;
    this.#blocked = blocked;
    this.#positive = prompt.points.filter(({ positive }) => positive).map((point) => this.#region(point));
    this.#negative = prompt.points.filter(({ positive }) => !positive).map((point) => this.#region(point));
  }

  candidates(): Candidate[] {
    if (this.#prompt.box) return this.#correct(this.#around(this.#prompt.box));
    const first = this.#positive[0] ?? this.#negative[0];
    if (first === undefined) return [];
    return this.#correct(this.#chain(first).map((node) => [node, this.#score(node)]));
  }

  #region({ y, x }: PromptPoint): number {
    const { height, width, regions } = this.#table;
    const row = Math.min(Math.trunc(y), height - 1);
    return regions[row * width + Math.min(Math.trunc(x), width - 1)] as number;
  }

  /** The nodes that hold a region: tree by tree, small to large. */
  #chain(region: number): number[] {
    const { trees, regionCount, firstNode, nodeParent } = this.#table;
    const nodes: number[] = [];
    for (let tree = 0; tree < trees; tree++) {
      let node = firstNode[tree * regionCount + region] as number;
      for (; node >= 0; node = nodeParent[node] as number) nodes.push(node);
    }
    return nodes;
  }

  #holds(node: number, region: number): boolean {
    const { regionCount, positions, nodeTree, nodeLow, nodeHigh } = this.#table;
    const position = positions[(nodeTree[node] as number) * regionCount + region] as number;
    return (nodeLow[node] as number) <= position && position < (nodeHigh[node] as number);
  }

  #isIn(nodes: readonly number[], region: number): boolean {
    return nodes.some((node) => this.#holds(node, region));
  }

  /** The node's score, lowered where it holds labels of another class. */
  #score(node: number): number {
    const score = this.#table.nodeScore[node] as number;
    if (!this.#blocked) return score;
    const pixels = this.#blocked.of(node);
    const area = this.#table.nodeArea[node] as number;
    const isBlocked = pixels > BLOCKED_PX && pixels > BLOCKED_SHARE * area;
    return isBlocked ? score * BLOCKED_LEAVES * (1 - pixels / area) : score;
  }

  /** The nodes whose bounding boxes overlap the box best, with their scores times that overlap. */
  #around(box: PromptBox): [number, number][] {
    const { nodeBox, nodeScore } = this.#table;
    const drawn = (box.bottom - box.top) * (box.right - box.left);
    const overlap = new Float64Array(nodeScore.length);
    const value = new Float64Array(nodeScore.length);
    for (let node = 0; node < nodeScore.length; node++) {
      const [top = 0, left = 0, bottom = 0, right = 0] = nodeBox.subarray(4 * node, 4 * node + 4);
      const height = Math.min(bottom, box.bottom) - Math.max(top, box.top);
      const width = Math.min(right, box.right) - Math.max(left, box.left);
      const shared = Math.max(height, 0) * Math.max(width, 0);
      const own = (bottom - top) * (right - left);
      const share = shared / (own + drawn - shared);
      overlap[node] = share;
      value[node] = share * (0.5 + 0.5 * (nodeScore[node] as number));
    }
    const order = Array.from(value.keys()).sort((a, b) => (value[b] as number) - (value[a] as number));
    return order
      .slice(0, BOX_CANDIDATES)
      .map((node) => [node, (overlap[node] as number) * (0.5 + 0.5 * this.#score(node))]);
  }

  /** The candidates that nodes become when every point is heeded. */
  #correct(nodes: readonly [number, number][]): Candidate[] {
    const additions = new Map(this.#positive.map((region) => [region, this.#best(region, this.#negative)]));
    const removals = new Map(this.#negative.map((region) => [region, this.#best(region, this.#positive)]));
    return nodes.map(([node, score]) => this.#corrected(node, score, additions, removals));
  }

  /** The best node that holds a region and none of the others; -1 where there is none. */
  #best(region: number, without: readonly number[]): number {
    let [best, most] = [-1, -1];
    for (const node of this.#chain(region)) {
      const score = this.#score(node);
      if (score > most && !without.some((other) => this.#holds(node, other))) [best, most] = [node, score];
    }
    return best;
  }

  #corrected(
    node: number,
    ownScore: number,
    additions: ReadonlyMap<number, number>,
    removals: ReadonlyMap<number, number>,
  ): Candidate {
    const { nodeArea } = this.#table;
    const added: number[] = [];
    const removed: number[] = [];
    let area = nodeArea[node] as number;
    let score = ownScore;
    for (const [region, other] of additions) {
      if (other < 0 || this.#isIn([node, ...added], region)) continue;
      added.push(other);
      area += nodeArea[other] as number;
      score *= CORRECTION_COSTS;
    }
    for (const [region, other] of removals) {
      if (other < 0 || !this.#isIn([node, ...added], region) || this.#isIn(removed, region)) continue;
      removed.push(other);
      area = Math.max(area - (nodeArea[other] as number), 1);
      score *= CORRECTION_COSTS;
    }
    return { node, added, removed, score, area };
  }
}
