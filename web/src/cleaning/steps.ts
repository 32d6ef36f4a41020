// Steps of cleaning up, as they are put together and told: names, sizes in px and µm, texts.

import type { CleaningStep } from "../api/cleaning";
import { shortNumber, unitFor } from "../panels/wording/lengths";
import { formatCount } from "../panels/wording/numbers";
import type { Schemas } from "../state/contract";

export type StepKind = CleaningStep["kind"];
type PixelSize = Schemas["PixelSize"];

interface KindWords {
  kind: StepKind;
  name: string;
  /** Before and after the field with its size. */
  before: string;
  after: string;
  explanation: string;
  /** The size of a new step. */
  size: number;
  largest: number;
}

const LARGEST_AREA = 2 ** 31 - 1;

/** All kinds of steps, in the order in which they are usually done. */
export const KINDS: readonly KindWords[] = [
  {
    kind: "fill_holes",
    name: "Fill holes",
    before: "up to",
    after: "px",
    explanation: "Holes in a class of at most so many pixels become that class.",
    size: 100,
    largest: LARGEST_AREA,
  },
  {
    kind: "remove_small",
    name: "Remove small regions",
    before: "under",
    after: "px",
    explanation: "Regions of fewer pixels become the class that they share most of their boundary with.",
    size: 50,
    largest: LARGEST_AREA,
  },
  {
    kind: "majority",
    name: "Smooth borders",
    before: "within",
    after: "px",
    explanation: "Each pixel becomes the class of most pixels around it, up to so far away.",
    size: 2,
    largest: 32,
  },
];

export const MOST_STEPS = 16;

export const kindOf = (kind: StepKind): KindWords =>
  KINDS.find((each) => each.kind === kind) ?? (KINDS[0] as KindWords);

export const newStep = (kind: StepKind): CleaningStep => ({ kind, size: kindOf(kind).size, classes: [] });

/** Steps as the server and the command line read them: "fill_holes:100,remove_small:50:2+3". */
export const stepsText = (steps: readonly CleaningStep[]): string =>
  steps
    .map(({ kind, size, classes }) => [kind, size, ...(classes.length > 0 ? [classes.join("+")] : [])].join(":"))
    .join(",");

export const sameSteps = (a: readonly CleaningStep[], b: readonly CleaningStep[]): boolean =>
  stepsText(a) === stepsText(b);

/** The step at `from` goes to the place `to`; the others keep their order. */
export function movedStep(steps: readonly CleaningStep[], from: number, to: number): CleaningStep[] {
  const step = steps[from];
  if (!step || to < 0 || to >= steps.length) return [...steps];
  const others = steps.filter((_, at) => at !== from);
  return [...others.slice(0, to), step, ...others.slice(to)];
}

/** Turns a class on or off; with none of them, or all, a step is for all classes. */
export function toggledClass(step: CleaningStep, classId: number, all: readonly number[]): CleaningStep {
  const on = new Set(step.classes);
  if (!on.delete(classId)) on.add(classId);
  const classes = [...on].filter((id) => all.includes(id)).sort((a, b) => a - b);
  return { ...step, classes: classes.length === all.length ? [] : classes };
}

/** What the size of a step is on the material: "≈ 0.25 µm²", "≈ 40 nm"; null where the size of a pixel is not known. */
export function realSize({ kind, size }: CleaningStep, pixel: PixelSize | null): string | null {
  if (!pixel) return null;
  if (kind === "majority") {
    const um = size * Math.sqrt(pixel.x_um * pixel.y_um);
    const unit = unitFor(um);
    return `≈ ${shortNumber(um / unit.um)} ${unit.name}`;
  }
  const area = size * pixel.x_um * pixel.y_um;
  const unit = unitFor(10 * Math.sqrt(area)); // down to a hundredth of a square
  return `≈ ${shortNumber(area / unit.um ** 2)} ${unit.name}²`;
}

/** One step as a part of a sentence: "holes up to 100 px filled in Steel". */
export function stepWords({ kind, size, classes }: CleaningStep, nameOf: (classId: number) => string): string {
  const where = classes.length > 0 ? ` (${classes.map(nameOf).join(", ")})` : "";
  switch (kind) {
    case "fill_holes":
      return `holes up to ${formatCount(size)} px filled${where}`;
    case "remove_small":
      return `regions under ${formatCount(size)} px removed${where}`;
    case "majority":
      return `borders smoothed within ${formatCount(size)} px${where}`;
  }
}
