// A region of a view as runs of pixels, row by row: compact, quick to draw, to outline and to label.

export interface Mask {
  /** Triples y, first x, x after the last; rows ascend, runs of a row ascend and do not touch. */
  runs: Int32Array<ArrayBuffer>;
  /** Pixels. */
  area: number;
  /** Half-open; all 0 where the mask is empty. */
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export const EMPTY_MASK: Mask = { runs: new Int32Array(0), area: 0, top: 0, left: 0, bottom: 0, right: 0 };

/** The mask of the pixels that are 1 in `bits`, `width` wide, whose first pixel lies at (`top`, `left`). */
export function maskOfBits(bits: Uint8Array, width: number, top = 0, left = 0): Mask {
  const runs: number[] = [];
  let [area, first, last, leftmost, rightmost] = [0, -1, 0, Number.POSITIVE_INFINITY, 0];
  for (let row = 0; row * width < bits.length; row++) {
    const line = bits.subarray(row * width, (row + 1) * width);
    // The browser's own search is many times faster than a loop.
    let start = line.indexOf(1);
    if (start < 0) continue;
    if (first < 0) first = row;
    last = row;
    leftmost = Math.min(leftmost, start);
    while (start >= 0) {
      const next = line.indexOf(0, start);
      const end = next < 0 ? width : next;
      runs.push(top + row, left + start, left + end);
      area += end - start;
      rightmost = Math.max(rightmost, end);
      start = next < 0 ? -1 : line.indexOf(1, end);
    }
  }
  if (first < 0) return EMPTY_MASK;
  return {
    runs: Int32Array.from(runs),
    area,
    top: top + first,
    left: left + leftmost,
    bottom: top + last + 1,
    right: left + rightmost,
  };
}

/** The mask of runs in order. */
export function maskOfRuns(runs: Int32Array<ArrayBuffer>): Mask {
  if (runs.length === 0) return EMPTY_MASK;
  let [area, left, right] = [0, Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < runs.length; at += 3) {
    const [x0, x1] = [runs[at + 1] as number, runs[at + 2] as number];
    area += x1 - x0;
    left = Math.min(left, x0);
    right = Math.max(right, x1);
  }
  return { runs, area, top: runs[0] as number, left, bottom: (runs.at(-3) as number) + 1, right };
}

export function maskHolds({ runs }: Mask, y: number, x: number): boolean {
  for (let at = 0; at < runs.length; at += 3) {
    if (runs[at] === y && (runs[at + 1] as number) <= x && x < (runs[at + 2] as number)) return true;
  }
  return false;
}

/** Paints the pixels inside the mask that touch its outline, into a picture of its bounding box that shows the mask. */
export function paintBorder({ top, left, right }: Mask, lines: Int32Array, words: Uint32Array, word: number): void {
  const width = right - left;
  for (let at = 0; at < lines.length; at += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = lines.subarray(at, at + 4);
    const isFlat = y0 === y1;
    const step = isFlat ? 1 : width;
    const across = isFlat ? width : 1;
    const isAtEnd = isFlat ? y0 - top >= words.length / width : x0 >= right;
    let index = (y0 - top) * width + x0 - left;
    for (let count = isFlat ? x1 - x0 : y1 - y0; count > 0; count--, index += step) {
      // One side of the line is inside the mask, the other is not.
      const isInside = !isAtEnd && words[index] !== 0;
      words[isInside ? index : index - across] = word;
    }
  }
}

/** Paints the mask into a picture of its bounding box, one word a pixel. */
export function paintMask({ runs, top, left, right }: Mask, words: Uint32Array, word: number): void {
  const width = right - left;
  for (let at = 0; at < runs.length; at += 3) {
    const row = ((runs[at] as number) - top) * width - left;
    words.fill(word, row + (runs[at + 1] as number), row + (runs[at + 2] as number));
  }
}
