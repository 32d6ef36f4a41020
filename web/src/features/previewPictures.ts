// Pictures of planes as the server sends them: greys, names, and the values that are black and white.

import { arrayOf, ContainerError, unpackArrays } from "../smart/container";

export interface PlanePicture {
  family: string;
  name: string;
  /** The scale as listed; 0 for the image without a blur, null where there is none. */
  scalePx: number | null;
  width: number;
  height: number;
  /** One grey a pixel, rows first. */
  greys: Uint8Array;
  /** Values shown black and white. */
  low: number;
  high: number;
}

/** Reads the answer of the server. Throws ContainerError. */
export function planePictures(content: ArrayBuffer): PlanePicture[] {
  const container = unpackArrays(content);
  const { shape, values } = arrayOf(container, "shown", ["uint8"], 3);
  const low = arrayOf(container, "low", ["float32"], 1).values;
  const high = arrayOf(container, "high", ["float32"], 1).values;
  const [count = 0, height = 0, width = 0] = shape;
  const planes = container.meta.planes;
  if (!Array.isArray(planes) || planes.length !== count) throw new ContainerError("it does not name all planes");
  return planes.map((plane: { family: string; name: string; scale_px: number | null }, at) => ({
    family: plane.family,
    name: plane.name,
    scalePx: plane.scale_px,
    width,
    height,
    greys: values.subarray(at * width * height, (at + 1) * width * height),
    low: low[at] ?? 0,
    high: high[at] ?? 0,
  }));
}

/** Draws a picture into a canvas of its size. */
export function drawPicture(canvas: HTMLCanvasElement, { width, height, greys }: PlanePicture): void {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  new Uint32Array(pixels.data.buffer).set(Uint32Array.from(greys, (grey) => 0xff000000 | (grey * 0x010101)));
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}
