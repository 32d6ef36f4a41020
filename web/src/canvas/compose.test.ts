import { describe, expect, it } from "vitest";
import { composeTile, drawnPlane, gatherRow, type Look, planeOf } from "./compose";
import { TILE } from "./grid";
import { rowColourer } from "./imageColours";
import { classTable, uncertaintyTable } from "./overlayColours";
import type { RawTile } from "./tileStore";

function rawTile(pixels: Uint8Array<ArrayBuffer>, width: number, height: number): RawTile {
  return { pixels, width, height, serial: 1, stale: false, final: true };
}

const grey = rowColourer({
  type: "uint8",
  channels: 1,
  isRgb: false,
  contrast: [{ low: 0, high: 255 }],
  shownChannel: null,
});
const bare: Look = { serial: 1, colourRow: grey, segmentation: null, uncertainty: null, labels: null };

function rgbOf(word: number): number[] {
  return [word & 255, (word >> 8) & 255, (word >> 16) & 255];
}

describe("composed tile", () => {
  const image = rawTile(Uint8Array.of(0, 100, 200, 255), 2, 2);
  const whole = { x0: 0, y0: 0, x1: 2, y1: 2 };
  const nothing = { image, segmentation: [], uncertainty: [], labels: [] };

  it("shows the image alone as grey", () => {
    const out = new Uint32Array(4);
    composeTile(nothing, bare, whole, out, 2);
    expect([...out].map(rgbOf)).toEqual([
      [0, 0, 0],
      [100, 100, 100],
      [200, 200, 200],
      [255, 255, 255],
    ]);
    expect([...out].every((word) => word >>> 24 === 255)).toBe(true);
  });

  it("blends each overlay over what is below, labels on top", () => {
    const look: Look = {
      ...bare,
      segmentation: classTable([{ id: 1, colour: "#ff0000" }], 0.5),
      labels: classTable([{ id: 2, colour: "#00ff00" }], 1),
    };
    const segmentation = [planeOf(rawTile(Uint8Array.of(1, 1, 0, 9), 2, 2), 0, at(0, 0, 0), at(0, 0, 0))];
    const drawn = new Uint8Array(TILE * TILE);
    drawn[1] = 2;
    const out = new Uint32Array(4);
    composeTile({ ...nothing, segmentation, labels: [drawnPlane(drawn)] }, look, whole, out, 2);
    expect(rgbOf(out[0] as number)).toEqual([127, 0, 0]);
    expect(rgbOf(out[1] as number)).toEqual([0, 255, 0]);
    expect(rgbOf(out[2] as number)).toEqual([200, 200, 200]);
    expect(rgbOf(out[3] as number), "an id without a class shows the image").toEqual([255, 255, 255]);
  });

  it("puts edits over the segmentation instead of blending them with it", () => {
    const look: Look = {
      ...bare,
      segmentation: classTable(
        [
          { id: 1, colour: "#ff0000" },
          { id: 2, colour: "#0000ff" },
        ],
        0.5,
      ),
    };
    const edits = new Uint8Array(TILE * TILE);
    edits[0] = 2;
    const segmentation = [
      planeOf(rawTile(Uint8Array.of(1, 1, 1, 1), 2, 2), 0, at(0, 0, 0), at(0, 0, 0)),
      drawnPlane(edits),
    ];
    const out = new Uint32Array(4);
    composeTile({ ...nothing, segmentation }, look, whole, out, 2);
    expect(rgbOf(out[0] as number)).toEqual([0, 0, 127]);
    expect(rgbOf(out[1] as number)).toEqual([177, 50, 50]);
  });

  it("changes the pixels of the rectangle only", () => {
    const out = new Uint32Array(4).fill(7);
    composeTile(nothing, bare, { x0: 1, y0: 0, x1: 2, y1: 1 }, out, 2);
    expect([out[0], rgbOf(out[1] as number), out[2], out[3]]).toEqual([7, [100, 100, 100], 7, 7]);
  });

  it("reads a coarser tile at the right place", () => {
    const coarse = rawTile(
      Uint8Array.from({ length: TILE * TILE }, (_, index) => index % 251),
      TILE,
      TILE,
    );
    const plane = planeOf(coarse, 0, at(2, 0, 0), at(0, 1, 2));
    const row = new Uint8Array(TILE);
    gatherRow([plane], 6, 8, 16, row);
    const expected = [8, 9, 10, 11, 12, 13, 14, 15].map((x) => (((256 + 6) >> 2) * TILE + ((512 + x) >> 2)) % 251);
    expect([...row.subarray(8, 16)]).toEqual(expected);
  });

  it("leaves the image as it is where the classifier is sure", () => {
    const table = uncertaintyTable(0.7);
    expect(table.keep[0]).toBe(256);
    expect(table.keep[26]).toBe(256 - Math.round(0.7 * 256));
    expect(table.keep[255]).toBe(256 - Math.round(0.7 * 256));
  });
});

function at(level: number, ty: number, tx: number) {
  return { level, ty, tx };
}
