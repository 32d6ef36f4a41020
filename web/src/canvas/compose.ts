// One tile as it is shown: image, segmentation with edits, uncertainty and labels, blended pixel by pixel into one
// opaque picture, so that moving the view draws one picture a tile instead of one a layer.

import { type Rect, TILE, type TileAddress } from "./grid";
import type { RowColourer } from "./imageColours";
import { blendRow, type OverlayTable } from "./overlayColours";
import type { RawTile } from "./tileStore";

/** A raw tile of the same or a coarser level, to be read at the place of a tile. */
export interface Plane {
  pixels: Uint8Array;
  stride: number;
  /** Levels that it is coarser. */
  shift: number;
  /** Position of the tile's first pixel in it, in pixels of the tile's own level. */
  x: number;
  y: number;
}

/** The overlays of a tile. A later plane replaces the earlier ones where it is not 0. */
export interface TileLayers {
  image: RawTile;
  segmentation: readonly Plane[];
  uncertainty: readonly Plane[];
  labels: readonly Plane[];
}

export interface Look {
  /** Differs for any two looks. */
  serial: number;
  colourRow: RowColourer;
  segmentation: OverlayTable | null;
  uncertainty: OverlayTable | null;
  labels: OverlayTable | null;
}

const values = new Uint8Array(TILE);
const words = new Uint32Array(TILE);

/** Computes the pixels of `rect` into `out`, ABGR words in rows of `stride`. */
export function composeTile(layers: TileLayers, look: Look, rect: Rect, out: Uint32Array, stride: number): void {
  const { x0, x1 } = rect;
  for (let y = rect.y0; y < rect.y1; y++) {
    look.colourRow(layers.image, y, x0, x1, words);
    overlayRow(look.segmentation, layers.segmentation, y, x0, x1);
    overlayRow(look.uncertainty, layers.uncertainty, y, x0, x1);
    overlayRow(look.labels, layers.labels, y, x0, x1);
    out.set(words.subarray(x0, x1), y * stride + x0);
  }
}

function overlayRow(table: OverlayTable | null, planes: readonly Plane[], y: number, x0: number, x1: number): void {
  if (!table || planes.length === 0) return;
  gatherRow(planes, y, x0, x1, values);
  blendRow(table, values, x0, x1, words);
}

/** Reads one row of planes into `out[x0]` to `out[x1 - 1]`. */
export function gatherRow(planes: readonly Plane[], y: number, x0: number, x1: number, out: Uint8Array): void {
  let first = true;
  for (const { pixels, stride, shift, x: left, y: top } of planes) {
    const row = ((y + top) >> shift) * stride;
    if (first && shift === 0) {
      out.set(pixels.subarray(row + left + x0, row + left + x1), x0);
    } else {
      for (let x = x0; x < x1; x++) {
        const value = pixels[row + ((x + left) >> shift)] as number;
        if (first || value !== 0) out[x] = value;
      }
    }
    first = false;
  }
}

/** One channel of a raw uint8 tile, read at the place of the tile `at`, which may be of a finer level. */
export function planeOf(tile: RawTile, channel: number, tileAt: TileAddress, at: TileAddress): Plane {
  const shift = tileAt.level - at.level;
  const size = tile.width * tile.height;
  return {
    pixels: (tile.pixels as Uint8Array).subarray(channel * size, (channel + 1) * size),
    stride: tile.width,
    shift,
    x: (at.tx - (tileAt.tx << shift)) * TILE,
    y: (at.ty - (tileAt.ty << shift)) * TILE,
  };
}

/** A tile of a drawn layer. */
export function drawnPlane(pixels: Uint8Array): Plane {
  return { pixels, stride: TILE, shift: 0, x: 0, y: 0 };
}
