// The images of a project as a list: where one stands, what comes after it, and what changes about it.

import type { ImageSummary, ResultInfo } from "./contract";

/** The image so many places after another one; the first or last where the list ends before. */
export function imageAfter(images: readonly ImageSummary[], image: number, places: number): number {
  const place = placeOf(images, image) + places;
  return images[Math.min(Math.max(place, 0), images.length - 1)]?.id ?? image;
}

/** Place in the order, from 0; 0 where it is not in the list. */
export function placeOf(images: readonly ImageSummary[], image: number): number {
  return Math.max(
    images.findIndex(({ id }) => id === image),
    0,
  );
}

/** The list with one image as it is now; one that is not in it changes nothing. */
export function withSummary(images: readonly ImageSummary[], summary: ImageSummary): readonly ImageSummary[] {
  return images.map((image) => (image.id === summary.id ? summary : image));
}

/** The list after a message about a result. */
export function withResult(images: readonly ImageSummary[], result: ResultInfo): readonly ImageSummary[] {
  const state = stateOf(result);
  const known = images.find(({ id }) => id === result.image);
  return !known || !state || known.result === state ? images : withSummary(images, { ...known, result: state });
}

/** Null where only the server knows: a cancelled result gives way to the one before. */
function stateOf({ state, outdated }: ResultInfo): ImageSummary["result"] | null {
  switch (state) {
    case "running":
      return "running";
    case "complete":
      return outdated ? "outdated" : "complete";
    case "cancelled":
      return null;
  }
}

/** How many images have no segmentation by the newest classifier and labels. */
export function remainingImages(images: readonly ImageSummary[]): number {
  return images.filter(({ result }) => result !== "complete").length;
}

/** True where its file is broken, gone or another one than it was: nothing new can be read from it. */
export function isBroken({ state }: ImageSummary): boolean {
  return state === "failed" || state === "missing" || state === "changed";
}
