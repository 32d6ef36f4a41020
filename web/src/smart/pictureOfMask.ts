// A mask as a picture in one colour, made in a worker.

import { type Mask, paintMask } from "./mask";

/** The mask's bounding box, `colour` (a word of an ImageData) inside the mask and nothing outside; null for no mask. */
export function pictureOfMask(mask: Mask, colour: number): ImageBitmap | null {
  if (mask.area === 0) return null;
  const canvas = new OffscreenCanvas(mask.right - mask.left, mask.bottom - mask.top);
  const context = canvas.getContext("2d");
  if (!context) return null;
  const picture = new ImageData(canvas.width, canvas.height);
  paintMask(mask, new Uint32Array(picture.data.buffer), colour);
  context.putImageData(picture, 0, 0);
  return canvas.transferToImageBitmap();
}
