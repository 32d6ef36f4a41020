// Which part of the image is pictured: the middle of what is on the screen, at full resolution.

import type { ImagePart } from "../api/featureChoice";

/** Pixels of a side, which is also the side of a small picture on the screen: it shows them at 100 %. */
export const PREVIEW_PX = 96;

interface Size {
  width: number;
  height: number;
}

/** The middle of what is seen of an image, cut at its borders; never empty, and at most `PREVIEW_PX` a side. */
export function previewPart(seen: ImagePart, { width, height }: Size): ImagePart {
  const [top, bottom] = middleOf(seen.top, seen.bottom, height);
  const [left, right] = middleOf(seen.left, seen.right, width);
  return { top, left, bottom, right };
}

function middleOf(first: number, end: number, size: number): [number, number] {
  const start = Math.min(Math.max(first, 0), size - 1);
  const stop = Math.max(Math.min(end, size), start + 1);
  const length = Math.min(stop - start, PREVIEW_PX);
  const from = start + Math.floor((stop - start - length) / 2);
  return [from, from + length];
}

/** What is pictured, in words. */
export function partText(part: ImagePart, zoom: number): string {
  const size = `${part.right - part.left} × ${part.bottom - part.top} pixels`;
  return zoom < 1
    ? `The ${size} in the middle of the view, at 100 %: features are never those of a reduced image.`
    : `The ${size} in the middle of the view.`;
}
