// What can be saved of a project with several images, and what was chosen of it.

import type { Part, Values } from "../../api/exports";
import type { ImageSummary } from "../../state/contract";
import { formatCount } from "../wording/numbers";

export interface ExportChoice {
  /** `zip`: a TIFF for each image and kind; `stack`: one TIFF with a page for each image, of one kind. */
  form: "zip" | "stack";
  parts: readonly Part[];
  /** The kind of a stack. */
  stackPart: Part;
  values: Values;
}

export const FIRST_CHOICE: ExportChoice = {
  form: "zip",
  parts: ["segmentation"],
  stackPart: "segmentation",
  values: "ids",
};

export const PART_NAMES: Record<Part, string> = {
  segmentation: "Segmentation",
  labels: "Labels",
  uncertainty: "Uncertainty",
  probabilities: "Probabilities",
  classifier: "Classifier",
};

/** Probabilities have a page for each class already, and a classifier is no image. */
export const STACK_PARTS: readonly Part[] = ["segmentation", "labels", "uncertainty"];
export const ZIP_PARTS: readonly Part[] = ["segmentation", "labels", "uncertainty", "probabilities", "classifier"];

export interface Possible {
  labels: boolean;
  classifier: boolean;
}

const hasResult = ({ result }: ImageSummary): boolean => result === "complete" || result === "outdated";

/** Which kinds there are of any image at all. */
export function possibleParts(images: readonly ImageSummary[], { labels, classifier }: Possible): ReadonlySet<Part> {
  const parts = new Set<Part>();
  if (labels) parts.add("labels");
  if (classifier) {
    parts.add("classifier");
    // They are not kept: the classifier computes them when they are saved.
    parts.add("probabilities");
  }
  if (images.some(hasResult)) {
    parts.add("segmentation");
    parts.add("uncertainty");
  }
  return parts;
}

/** Images of different sizes fit into no stack. */
export const haveOneSize = (images: readonly ImageSummary[]): boolean =>
  images.every(({ width, height }) => width === images[0]?.width && height === images[0]?.height);

/** The kinds that would be saved: those chosen that are possible. */
export function chosenParts(choice: ExportChoice, possible: ReadonlySet<Part>): Part[] {
  const wanted = choice.form === "stack" ? [choice.stackPart] : choice.parts;
  return ZIP_PARTS.filter((part) => wanted.includes(part) && possible.has(part));
}

export const toggled = (parts: readonly Part[], part: Part): Part[] =>
  parts.includes(part) ? parts.filter((other) => other !== part) : [...parts, part];

/** "37 of 200 images are not segmented yet."; null where all are. */
export function missingText(images: readonly ImageSummary[]): string | null {
  const missing = images.filter((image) => !hasResult(image)).length;
  if (missing === 0) return null;
  const are = missing === 1 ? "is" : "are";
  return missing === images.length
    ? "No image is segmented yet: train first."
    : `${formatCount(missing)} of ${formatCount(images.length)} images ${are} not segmented yet.`;
}
