// Of a row of items of one width, those that are in view, so that only they are in the page.

export interface ItemRange {
  first: number;
  /** The one after the last. */
  end: number;
}

const SPARE_ITEMS = 3;

export function itemsInView(scrollPx: number, shownPx: number, itemPx: number, count: number): ItemRange {
  const first = Math.floor(scrollPx / itemPx) - SPARE_ITEMS;
  const end = Math.ceil((scrollPx + shownPx) / itemPx) + SPARE_ITEMS;
  return { first: Math.min(Math.max(first, 0), count), end: Math.min(Math.max(end, 0), count) };
}

/** How far the row has to be scrolled for an item to be seen whole, with its neighbours where they fit. */
export function scrollTo(item: number, scrollPx: number, shownPx: number, itemPx: number): number {
  const margin = shownPx > 3 * itemPx ? itemPx : 0;
  const start = item * itemPx - margin;
  const end = (item + 1) * itemPx + margin;
  if (start < scrollPx) return Math.max(start, 0);
  return end > scrollPx + shownPx ? end - shownPx : scrollPx;
}
