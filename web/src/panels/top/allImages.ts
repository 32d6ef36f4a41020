// What can be done about all images of a project at once, in words.

import type { ImageSummary, JobInfo } from "../../state/contract";
import { remainingImages } from "../../state/imageList";
import { formatCount } from "../wording/numbers";

export interface AllImagesAction {
  words: string;
  /** Images that are segmented already, too. */
  again: boolean;
}

export interface AllImagesFacts {
  images: readonly ImageSummary[];
  job: JobInfo | null;
}

/** The most sensible first; none for a single image. */
export function allImagesActions({ images, job }: AllImagesFacts): AllImagesAction[] {
  if (images.length < 2) return [];
  const left = remainingImages(images);
  const all: AllImagesAction = { words: `Apply to all ${formatCount(images.length)} images`, again: false };
  const again: AllImagesAction = { words: "Apply to all again", again: true };
  if (left === images.length) return [all];
  if (left === 0) return [again];
  const wasStopped = job?.kind === "apply_all" && (job.state === "cancelled" || job.state === "failed");
  const verb = wasStopped ? "Go on with" : "Apply to";
  return [{ words: `${verb} the remaining ${formatCount(left)}`, again: false }, again];
}
