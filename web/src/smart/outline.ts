// The outline of a mask along the cracks between pixels: straight lines, as long as they go, crisp at every zoom.

import type { Mask } from "./mask";

/**
 * Lines as x0, y0, x1, y1, in pixels of the view; horizontal and vertical ones, together the whole outline.
 *
 * Drawn with square caps they join without gaps.
 */
export function outlineOf({ runs, bottom }: Mask): Int32Array<ArrayBuffer> {
  const lines: number[] = [];
  /** Where a vertical line that goes on began: by x. */
  let open = new Map<number, number>();
  let above: number[] = [];
  let at = 0;
  for (let y = (runs[0] as number | undefined) ?? 0; y <= bottom && runs.length > 0; y++) {
    const here: number[] = [];
    for (; at < runs.length && runs[at] === y; at += 3) here.push(runs[at + 1] as number, runs[at + 2] as number);
    addHorizontal(above, here, y, lines);
    const next = new Map<number, number>();
    for (const x of here) next.set(x, open.get(x) ?? y);
    for (const [x, start] of open) if (!next.has(x)) lines.push(x, start, x, y);
    open = next;
    above = here;
  }
  return Int32Array.from(lines);
}

/** Adds lines where exactly one of two rows is covered; a row is its ascending borders, in and out in turn. */
function addHorizontal(above: readonly number[], here: readonly number[], y: number, lines: number[]): void {
  let [a, b, start] = [0, 0, Number.NaN];
  let differs = false;
  while (a < above.length || b < here.length) {
    const x = Math.min(above[a] ?? Number.POSITIVE_INFINITY, here[b] ?? Number.POSITIVE_INFINITY);
    // Where both rows have a border, they go on to be equal, or to differ.
    if (above[a] === x && here[b] === x) {
      a++;
      b++;
      continue;
    }
    if (above[a] === x) a++;
    else b++;
    if (differs && x > start) lines.push(start, y, x, y);
    else start = x;
    differs = !differs;
  }
}
