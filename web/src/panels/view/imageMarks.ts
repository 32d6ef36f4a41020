// What is to be said of an image in the strip: its labels, its result, and what is wrong with it.

import type { ImageSummary } from "../../state/contract";
import { isBroken } from "../../state/imageList";

export type Mark = "labelled" | "complete" | "outdated" | "running" | "building" | "broken";

const WORDS: Readonly<Record<Mark, string>> = {
  labelled: "has labels",
  complete: "segmented",
  outdated: "segmented before labels changed",
  running: "being segmented",
  building: "being prepared",
  broken: "cannot be read",
};

export function marksOf(image: ImageSummary): Mark[] {
  const { state, labelled, result } = image;
  const marks: Mark[] = [];
  if (isBroken(image)) marks.push("broken");
  if (state === "building") marks.push("building");
  if (labelled) marks.push("labelled");
  if (result !== "none") marks.push(result);
  return marks;
}

/** "slice 3.tif, image 3 of 200: has labels, segmented", for tooltips and screen readers. */
export function wordsOf(image: ImageSummary, place: number, count: number): string {
  const marks = marksOf(image).map((mark) => WORDS[mark]);
  const said = image.message ? [...marks, image.message] : marks;
  return `${image.name}, image ${place + 1} of ${count}${said.length > 0 ? `: ${said.join(", ")}` : ""}`;
}
