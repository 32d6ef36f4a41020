// What is said of an image in the list of images.

import type { ImageSummary } from "../../state/contract";
import { formatCount, formatShare } from "../wording/numbers";

const RESULTS: Record<ImageSummary["result"], string | null> = {
  none: null,
  complete: "segmented",
  outdated: "segmented with older labels",
  running: "being segmented",
};

/** "1,024 × 768 px · labels · segmented". */
export function factsOf({ width, height, labelled, result, linked, state, progress }: ImageSummary): string {
  return [
    `${formatCount(width)} × ${formatCount(height)} px`,
    state === "building" && `being read${progress === null ? "" : `, ${formatShare(progress, 0)}`}`,
    labelled && "labels",
    RESULTS[result],
    linked && "not copied",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** What is wrong with an image's file; null where nothing is. */
export function troubleOf({ state, message }: ImageSummary): string | null {
  switch (state) {
    case "missing":
      return message || "Its file is no longer where it was.";
    case "changed":
      return message || "Its file holds something else now.";
    case "failed":
      return message || "It could not be read.";
    case "new":
    case "building":
    case "ready":
      return null;
  }
}
