// A mask as a picture in one colour.

import { type Mask, paintBorder, paintMask } from "./mask";

const OPAQUE = 0xff000000;

/**
 * The mask's bounding box, `colour` (a word of an ImageData) inside the mask and nothing outside; where lines of its
 * border are given, the pixels along them are opaque. Null for no mask.
 */
export function canvasOfMask(mask: Mask, colour: number, border: Int32Array | null): OffscreenCanvas | null {
  if (mask.area === 0) return null;
  const canvas = new OffscreenCanvas(mask.right - mask.left, mask.bottom - mask.top);
  const context = canvas.getContext("2d");
  if (!context) return null;
  const picture = new ImageData(canvas.width, canvas.height);
  const words = new Uint32Array(picture.data.buffer);
  paintMask(mask, words, colour);
  if (border) paintBorder(mask, border, words, (colour | OPAQUE) >>> 0);
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** The same as a picture that a worker can hand over. */
export function pictureOfMask(mask: Mask, colour: number, border: Int32Array | null): ImageBitmap | null {
  return canvasOfMask(mask, colour, border)?.transferToImageBitmap() ?? null;
}
