// What an overlay does to a colour below it, as tables: by class id, or by uncertainty 0 to 255.

import { parseColour, type Rgb, uncertaintyColour } from "./colourMap";

/** new = (old × keep + add) / 256 for each of red, green and blue; index: class id or uncertainty. */
export interface OverlayTable {
  keep: Uint16Array;
  red: Uint16Array;
  green: Uint16Array;
  blue: Uint16Array;
}

function emptyTable(): OverlayTable {
  const zeros = (): Uint16Array => new Uint16Array(256);
  return { keep: zeros().fill(256), red: zeros(), green: zeros(), blue: zeros() };
}

function setEntry(table: OverlayTable, index: number, [red, green, blue]: Rgb, opacity: number): void {
  const alpha = Math.round(Math.min(Math.max(opacity, 0), 1) * 256);
  table.keep[index] = 256 - alpha;
  table.red[index] = red * alpha;
  table.green[index] = green * alpha;
  table.blue[index] = blue * alpha;
}

/** Later classes of the same id win; ids without a class, and 0, change nothing. */
export function classTable(classes: readonly { id: number; colour: string }[], opacity: number): OverlayTable {
  const table = emptyTable();
  for (const { id, colour } of classes) setEntry(table, id, parseColour(colour), opacity);
  return table;
}

/** Below this uncertainty the overlay fades out, so that sure regions keep the look of the image. */
const FADE_BELOW = 0.1;

export function uncertaintyTable(opacity: number): OverlayTable {
  const table = emptyTable();
  for (let index = 0; index < 256; index++) {
    const value = index / 255;
    setEntry(table, index, uncertaintyColour(value), opacity * Math.min(1, value / FADE_BELOW));
  }
  return table;
}

/** Blends an overlay over a row of colours (ABGR words), pixels x0 to x1 - 1. */
export function blendRow(table: OverlayTable, values: Uint8Array, x0: number, x1: number, row: Uint32Array): void {
  const { keep, red, green, blue } = table;
  for (let x = x0; x < x1; x++) {
    const value = values[x] as number;
    const kept = keep[value] as number;
    if (kept === 256) continue;
    const word = row[x] as number;
    const r = ((word & 255) * kept + (red[value] as number)) >> 8;
    const g = (((word >> 8) & 255) * kept + (green[value] as number)) >> 8;
    const b = (((word >> 16) & 255) * kept + (blue[value] as number)) >> 8;
    row[x] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
}
