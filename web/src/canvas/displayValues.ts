// From stored pixel values to what the screen shows, 0 to 255: linear between the values shown as black and as white.

import type { Pixels, PixelType, RawTile } from "./tileStore";

export interface Window {
  low: number;
  high: number;
}

/** 0 to 255 for one stored value; NaN is shown as black. */
export type DisplayValue = (stored: number) => number;

export function displayValue({ low, high }: Window): DisplayValue {
  if (!(high > low)) return (stored) => (stored >= high && stored !== low ? 255 : 0);
  const span = high - low;
  return (stored) => {
    const value = Math.round(((stored - low) * 255) / span);
    return value > 0 ? (value < 255 ? value : 255) : 0;
  };
}

/** Display values of all integers that a type can hold; null for floats. */
export function displayTable(type: PixelType, window: Window): Uint8Array | null {
  if (type === "float32") return null;
  const value = displayValue(window);
  return Uint8Array.from({ length: type === "uint8" ? 256 : 65_536 }, (_, stored) => value(stored));
}

/** Display values 0 to 255 of one channel of a tile. */
export function displayPlane(tile: RawTile, channel: number, window: Window): Uint8Array {
  const size = tile.width * tile.height;
  const plane = tile.pixels.subarray(channel * size, (channel + 1) * size);
  const table = displayTable(typeOf(tile.pixels), window);
  const value = displayValue(window);
  const shown = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    const stored = plane[index] as number;
    shown[index] = table ? (table[stored] as number) : value(stored);
  }
  return shown;
}

function typeOf(pixels: Pixels): PixelType {
  if (pixels instanceof Uint8Array) return "uint8";
  return pixels instanceof Uint16Array ? "uint16" : "float32";
}
