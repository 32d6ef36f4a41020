// The scale bar: the longest round length (1, 2 or 5 times a power of ten) that fits the room it has.

import { formatLength } from "../wording/lengths";

export interface ScaleBar {
  widthPx: number;
  label: string;
}

/** The largest of …, 1, 2, 5, 10, 20, 50, … that is at most `value`; `value` must be above 0. */
export function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const mantissa = value / power;
  const step = mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1;
  return step * power;
}

/**
 * The bar for a view in which one image pixel covers `zoom` screen pixels.
 *
 * `pixelSizeUm` is the width of an image pixel in micrometres; null gives a bar in image pixels, which is never shorter
 * than one pixel. Null where there is nothing sensible to draw.
 */
export function scaleBar(pixelSizeUm: number | null, zoom: number, maxWidthPx: number): ScaleBar | null {
  if (!(zoom > 0) || !(maxWidthPx > 0)) return null;
  if (pixelSizeUm === null) {
    const pixels = Math.max(1, roundDown(maxWidthPx / zoom));
    return { widthPx: pixels * zoom, label: `${pixels} px` };
  }
  const um = roundDown((maxWidthPx / zoom) * pixelSizeUm);
  return { widthPx: (um / pixelSizeUm) * zoom, label: formatLength(um) };
}
