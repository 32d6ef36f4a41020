// Another order of a project's images.

import { compareNaturally } from "../../app/intake/imageFiles";
import type { ImageSummary } from "../../state/contract";

/** `ids` with the one at `from` standing at `to`. */
export function moved(ids: readonly number[], from: number, to: number): number[] {
  const others = ids.filter((_, at) => at !== from);
  const id = ids[from];
  if (id === undefined) return [...ids];
  others.splice(Math.max(0, Math.min(others.length, to)), 0, id);
  return others;
}

/** Slice 2 before slice 10; images of one name stay in the order in which they came. */
export const orderByName = (images: readonly ImageSummary[]): number[] =>
  images.toSorted((a, b) => compareNaturally(a.name, b.name) || a.id - b.id).map(({ id }) => id);

export const isSameOrder = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, at) => id === b[at]);

/** Where something dropped at `offsetPx` from the top of the list would stand, having been taken from `from`. */
export function placeAt(offsetPx: number, rowPx: number, count: number, from: number): number {
  const gap = Math.max(0, Math.min(count, Math.round(offsetPx / rowPx)));
  return gap > from ? gap - 1 : gap;
}

/** `images` in the order of `ids`; those that it does not name, such as new ones, come last. */
export function inOrder(images: readonly ImageSummary[], ids: readonly number[]): ImageSummary[] {
  const place = new Map(ids.map((id, at) => [id, at]));
  const placeOf = ({ id }: ImageSummary): number => place.get(id) ?? ids.length;
  return images.toSorted((a, b) => placeOf(a) - placeOf(b));
}
