// How the image's channels become colours: one in grey, three as red, green and blue, others each in a colour of its
// own, added up.

import { parseColour, type Rgb } from "./colourMap";
import { type DisplayValue, displayTable, displayValue, type Window } from "./displayValues";
import type { PixelType, RawTile } from "./tileStore";

/** Colours pixels x0 to x1 - 1 of a row into `out[x0]` to `out[x1 - 1]`, as ABGR words. */
export type RowColourer = (tile: RawTile, row: number, x0: number, x1: number, out: Uint32Array) => void;

export interface ImageLook {
  type: PixelType;
  channels: number;
  isRgb: boolean;
  /** Display window of each channel. */
  contrast: readonly Window[];
  /** Channel shown in grey, or null for colour. */
  shownChannel: number | null;
}

const OPAQUE = 0xff000000;
const CHANNEL_COLOURS = ["#00ff00", "#ff00ff", "#00ffff", "#ffff00", "#ff0000", "#0000ff"] as const;
const FULL_WINDOW: Window = { low: 0, high: 255 };

export function rowColourer(look: ImageLook): RowColourer {
  const { channels, isRgb, shownChannel } = look;
  if (shownChannel !== null && shownChannel < channels) return greyColourer(look, shownChannel);
  if (channels === 1) return greyColourer(look, 0);
  const colours: Rgb[] = isRgb
    ? [parseColour("#ff0000"), parseColour("#00ff00"), parseColour("#0000ff")]
    : Array.from({ length: channels }, (_, channel) =>
        parseColour(CHANNEL_COLOURS[channel % CHANNEL_COLOURS.length] as string),
      );
  return isRgb && channels === 3 ? rgbColourer(look) : mixedColourer(look, colours);
}

function windowOf(look: ImageLook, channel: number): Window {
  return look.contrast[channel] ?? look.contrast[0] ?? FULL_WINDOW;
}

/** The display value of a stored value of one channel, through a table where the type allows one. */
function lookup(look: ImageLook, channel: number): DisplayValue {
  const table = displayTable(look.type, windowOf(look, channel));
  return table ? (stored) => table[stored] as number : displayValue(windowOf(look, channel));
}

function greyColourer(look: ImageLook, channel: number): RowColourer {
  const table = displayTable(look.type, windowOf(look, channel));
  if (!table) {
    const value = displayValue(windowOf(look, channel));
    return (tile, row, x0, x1, out) => {
      const start = (channel * tile.height + row) * tile.width;
      for (let x = x0; x < x1; x++) out[x] = OPAQUE | (value(tile.pixels[start + x] as number) * 0x010101);
    };
  }
  const words = Uint32Array.from(table, (value) => OPAQUE | (value * 0x010101));
  return (tile, row, x0, x1, out) => {
    const { pixels } = tile;
    const start = (channel * tile.height + row) * tile.width;
    for (let x = x0; x < x1; x++) out[x] = words[pixels[start + x] as number] as number;
  };
}

function rgbColourer(look: ImageLook): RowColourer {
  const [red, green, blue] = [lookup(look, 0), lookup(look, 1), lookup(look, 2)];
  return (tile, row, x0, x1, out) => {
    const { pixels } = tile;
    const plane = tile.width * tile.height;
    const start = row * tile.width;
    for (let x = x0; x < x1; x++) {
      const at = start + x;
      const r = red(pixels[at] as number);
      const g = green(pixels[at + plane] as number);
      const b = blue(pixels[at + 2 * plane] as number);
      out[x] = OPAQUE | (b << 16) | (g << 8) | r;
    }
  };
}

function mixedColourer(look: ImageLook, colours: readonly Rgb[]): RowColourer {
  const channels = colours.slice(0, look.channels).map((colour, channel) => ({ colour, value: lookup(look, channel) }));
  return (tile, row, x0, x1, out) => {
    const plane = tile.width * tile.height;
    const start = row * tile.width;
    for (let x = x0; x < x1; x++) {
      let [r, g, b] = [0, 0, 0];
      channels.forEach(({ colour, value }, channel) => {
        const share = value(tile.pixels[channel * plane + start + x] as number) / 255;
        r += share * colour[0];
        g += share * colour[1];
        b += share * colour[2];
      });
      out[x] = OPAQUE | (Math.min(b, 255) << 16) | (Math.min(g, 255) << 8) | Math.min(r, 255);
    }
  };
}
