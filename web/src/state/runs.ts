// Pixels of one 256 px tile as runs: pairs (start, length - 1), row-major; as base64 they are what operations carry.

import { TILE_PIXELS } from "../canvas/grid";

/** Pairs start, length - 1; runs ascend and do not touch each other's pixels. */
export type Runs = Uint16Array<ArrayBuffer>;

/** Runs of the pixels of a 256 × 256 mask that are 1; the others must be 0. */
export function encodeRuns(mask: Uint8Array): Runs {
  const pairs: number[] = [];
  // The browser's own search is many times faster than a loop.
  let start = mask.indexOf(1);
  while (start >= 0) {
    const next = mask.indexOf(0, start);
    const end = next < 0 ? TILE_PIXELS : next;
    pairs.push(start, end - start - 1);
    start = next < 0 ? -1 : mask.indexOf(1, end);
  }
  return Uint16Array.from(pairs);
}

/** Calls `visit` with the first pixel of each run and the one after its last. */
export function eachRun(runs: Runs, visit: (start: number, end: number) => void): void {
  for (let index = 0; index < runs.length; index += 2) {
    const start = runs[index] as number;
    visit(start, start + (runs[index + 1] as number) + 1);
  }
}

/** The 256 × 256 mask, 1 in the runs and 0 elsewhere. */
export function decodeRuns(runs: Runs): Uint8Array {
  const mask = new Uint8Array(TILE_PIXELS);
  eachRun(runs, (start, end) => mask.fill(1, start, end));
  return mask;
}

export function countPixels(runs: Runs): number {
  let count = 0;
  eachRun(runs, (start, end) => {
    count += end - start;
  });
  return count;
}

/** Little-endian bytes of the runs, as base64. */
export function toBase64(runs: Runs): string {
  const parts: string[] = [];
  const chunk = 8192;
  for (let first = 0; first < runs.length; first += chunk) {
    const slice = runs.subarray(first, first + chunk);
    const codes: number[] = [];
    for (const value of slice) codes.push(value & 255, value >> 8);
    parts.push(String.fromCharCode(...codes));
  }
  return btoa(parts.join(""));
}

export function fromBase64(text: string): Runs {
  const bytes = atob(text);
  const runs = new Uint16Array(bytes.length / 2);
  for (let index = 0; index < runs.length; index++) {
    runs[index] = bytes.charCodeAt(2 * index) | (bytes.charCodeAt(2 * index + 1) << 8);
  }
  return runs;
}
