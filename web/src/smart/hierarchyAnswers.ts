// From a prompt to three candidates, as `src/sambaseg/smart/hierarchy/answers.py` finds them, number for number.
//
// One point: all nodes that hold it, of all trees, are candidates; three are taken that together cover the likely ones.
// A box: candidates are the nodes whose bounding boxes fit it best. Each further point corrects those of the three that it
// contradicts: by a disc around it that reaches to the mask's edge, or far outside by the best node around it. No point
// undoes an earlier one.

import type { HierarchyTable } from "./hierarchyTable";
import type { Prompt, PromptBox, PromptPoint } from "./suggestion";

const LIKELY_WITHIN = 0.35;
const UNLIKE_GAINS = 0.1;
const DISC_SHARE = 0.32;
const PART_COSTS = 0.1;
const UNTOUCHED_LEAVES = 0.5;
const BLOCKED_LEAVES = 0.1;
const BLOCKED_PX = 3;
const BLOCKED_SHARE = 0.002;
const BOX_CANDIDATES = 60;
const MASKS = 3;

/** Pixels less than the root of `squaredPx` away from pixel (y, x), or those of a node: added, or taken away. */
export type Step =
  | { kind: "disc"; adds: boolean; y: number; x: number; squaredPx: number }
  | { kind: "part"; adds: boolean; node: number };

/** A node and what was added or taken away after that, in order; its area is an estimate for comparing. */
export interface Candidate {
  node: number;
  steps: readonly Step[];
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
  const finder = new Finder(table, prompt, blocked);
  let chosen = chooseThree(finder.start());
  prompt.points.forEach((_, number) => {
    if (number !== finder.first) chosen = finder.heed(number, chosen);
  });
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
  const closest = new Float64Array(candidates.length);
  const chosen: number[] = [];
  for (let round = 0; round < Math.min(MASKS, candidates.length); round++) {
    let [winner, most] = [-1, -1];
    candidates.forEach((candidate, number) => {
      if (chosen.includes(number)) return;
      const unlike = round ? UNLIKE_GAINS * candidate.score * (1 - (closest[number] as number)) : 0;
      const value = coverage(candidate, candidates, likely, covered) + unlike;
      if (value > most) [winner, most] = [number, value];
    });
    const taken = candidates[winner] as Candidate;
    chosen.push(winner);
    candidates.forEach((other, number) => {
      const ratio = ratioOf(other, taken);
      covered[number] = Math.max(covered[number] as number, ratio * taken.score);
      closest[number] = Math.max(closest[number] as number, ratio);
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
  /** Pixel and region of each point. */
  readonly #places: readonly { y: number; x: number; region: number }[];
  /** The point that the candidates are looked for around, which is no correction; -1 where there is none. */
  readonly first: number;

  constructor(table: HierarchyTable, prompt: Prompt, blocked: BlockedPixels | null) {
    this.#table = table;
    this.#prompt = prompt;
    this.#blocked = blocked;
    this.#places = prompt.points.map((point) => {
      const y = Math.min(Math.trunc(point.y), table.height - 1);
      const x = Math.min(Math.trunc(point.x), table.width - 1);
      return { y, x, region: table.regions[y * table.width + x] as number };
    });
    this.first = prompt.box ? -1 : prompt.points.findIndex(({ positive }) => positive);
  }

  /** The candidates before any correction: nodes that fit the box, else those around a point. */
  start(): Candidate[] {
    const { nodeArea } = this.#table;
    const around = this.#places[Math.max(this.first, 0)];
    let nodes: [number, number][] = [];
    if (this.#prompt.box) nodes = this.#around(this.#prompt.box);
    else if (around) nodes = this.#chain(around.region).map((node) => [node, this.#score(node)]);
    return nodes.map(([node, score]) => ({ node, steps: [], score, area: nodeArea[node] as number }));
  }

  /** The candidates, small to large, with those corrected that a point contradicts. */
  heed(number: number, candidates: readonly Candidate[]): Candidate[] {
    return candidates.map((candidate) => this.#corrected(number, candidate)).sort((a, b) => a.area - b.area);
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

  #corrected(number: number, candidate: Candidate): Candidate {
    const { y, x } = this.#places[number] as { y: number; x: number };
    const adds = (this.#prompt.points[number] as PromptPoint).positive;
    const { node, steps, score, area } = candidate;
    if (isInside(this.#table, candidate, y, x) === adds) return { node, steps, score: score * UNTOUCHED_LEAVES, area };
    let squaredPx = squaredDistance(this.#table, candidate, y, x, adds, adds ? DISC_SHARE * area : null);
    if (squaredPx === null) {
      const part = this.#bestPart(number, area);
      if (part >= 0) {
        const step: Step = { kind: "part", adds, node: part };
        return {
          node,
          steps: [...steps, step],
          score,
          area: changed(area, this.#table.nodeArea[part] as number, adds),
        };
      }
      squaredPx = 1;
    }
    const disc: Disc = { kind: "disc", adds, y, x, squaredPx: Math.min(squaredPx, this.#wayToEarlier(number)) };
    return { node, steps: [...steps, disc], score, area: changed(area, discPixels(this.#table, disc), adds) };
  }

  /** The points of the other kind that were heeded before a point. */
  #earlier(number: number): { y: number; x: number; region: number }[] {
    const { points } = this.#prompt;
    const positive = points[number]?.positive;
    return this.#places.filter(
      (_, other) => (other < number || other === this.first) && points[other]?.positive !== positive,
    );
  }

  /** The squared distance to the nearest of those points, at least 1: no dab undoes another point. */
  #wayToEarlier(number: number): number {
    const { y, x } = this.#places[number] as { y: number; x: number };
    const ways = this.#earlier(number).map((other) => Math.max((other.y - y) ** 2 + (other.x - x) ** 2, 1));
    return Math.min(...ways, Number.POSITIVE_INFINITY);
  }

  /** The best node around a point that holds no earlier point of the other kind; -1 where there is none. */
  #bestPart(number: number, area: number): number {
    const others = this.#earlier(number);
    const place = this.#places[number] as { region: number };
    let [best, most] = [-1, Number.NEGATIVE_INFINITY];
    for (const node of this.#chain(place.region)) {
      const value = this.#score(node) - (PART_COSTS * (this.#table.nodeArea[node] as number)) / area;
      if (value > most && !others.some(({ region }) => holds(this.#table, node, region))) [best, most] = [node, value];
    }
    return best;
  }
}

type Disc = Extract<Step, { kind: "disc" }>;

const changed = (area: number, change: number, adds: boolean): number =>
  adds ? area + change : Math.max(area - change, 1);

function holds(table: HierarchyTable, node: number, region: number): boolean {
  const { regionCount, positions, nodeTree, nodeLow, nodeHigh } = table;
  const position = positions[(nodeTree[node] as number) * regionCount + region] as number;
  return (nodeLow[node] as number) <= position && position < (nodeHigh[node] as number);
}

/** Whether a pixel of the view belongs to a candidate: the last step that covers it says so. */
function isInside(table: HierarchyTable, { node, steps }: Candidate, y: number, x: number): boolean {
  const region = table.regions[y * table.width + x] as number;
  for (let last = steps.length - 1; last >= 0; last--) {
    const step = steps[last] as Step;
    const covers =
      step.kind === "part" ? holds(table, step.node, region) : (y - step.y) ** 2 + (x - step.x) ** 2 < step.squaredPx;
    if (covers) return step.adds;
  }
  return holds(table, node, region);
}

/** The squared distance of a pixel to the nearest one that is inside, or is not; null where it is above `limit`. */
function squaredDistance(
  table: HierarchyTable,
  candidate: Candidate,
  y: number,
  x: number,
  inside: boolean,
  limit: number | null,
): number | null {
  const most = limit ?? Number.POSITIVE_INFINITY;
  let nearest = Number.POSITIVE_INFINITY;
  const look = (row: number, column: number): void => {
    if (row < 0 || column < 0 || row >= table.height || column >= table.width) return;
    const squared = (row - y) ** 2 + (column - x) ** 2;
    if (squared < nearest && isInside(table, candidate, row, column) === inside) nearest = squared;
  };
  // Square rings around the pixel: what lies on later ones is farther than their number.
  const rings = Math.max(table.height, table.width);
  for (let ring = 1; ring < rings && ring * ring < nearest && ring * ring <= most; ring++) {
    for (let along = -ring; along <= ring; along++) {
      look(y - ring, x + along);
      look(y + ring, x + along);
      look(y + along, x - ring);
      look(y + along, x + ring);
    }
  }
  return nearest <= most && nearest < Number.POSITIVE_INFINITY ? nearest : null;
}

/** How many pixels of the view a disc has. */
function discPixels({ height, width }: HierarchyTable, { y, x, squaredPx }: Disc): number {
  const reach = Math.ceil(Math.sqrt(squaredPx));
  let pixels = 0;
  for (let row = Math.max(y - reach, 0); row <= Math.min(y + reach, height - 1); row++) {
    for (let column = Math.max(x - reach, 0); column <= Math.min(x + reach, width - 1); column++) {
      if ((row - y) ** 2 + (column - x) ** 2 < squaredPx) pixels++;
    }
  }
  return pixels;
}
