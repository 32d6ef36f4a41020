// What is on the canvas: the image, results, edits and labels of one project, and the composed tiles made of them.

import type { LabelLayer } from "../state/labelLayer";
import { ByteCache } from "./byteCache";
import { composeTile, drawnPlane, type Look, type TileLayers } from "./compose";
import { type Rect, TILE, type TileAddress, type TileGrid, tileKey, union } from "./grid";
import { LabelMips } from "./labelMips";
import type { WantedTile } from "./requestQueue";
import type { ResultTiles } from "./resultTiles";
import { createSurface, type Surface } from "./surface";
import type { RawTile, TileStore } from "./tileStore";
import type { Point } from "./view";

export interface SceneParts {
  grid: TileGrid;
  image: TileStore;
  results: ResultTiles;
  labels: LabelLayer;
  edits: LabelLayer;
  look: Look;
}

export interface PixelValues {
  values: number[] | null;
  labelClassId: number | null;
  predictedClassId: number | null;
  uncertainty: number | null;
}

type DrawnLayer = "labels" | "edits";

interface TileInputs {
  layers: TileLayers;
  stamp: number[];
}

const MAX_SURFACE_BYTES = 256 * 2 ** 20;
/** Tiles around the view are fetched after those in it; the one under the pointer last. */
const AROUND = 1e5;
const UNDER_POINTER = 1e6;
const COARSEST_PAUSE_MS = 700;

export class Scene {
  readonly grid: TileGrid;
  readonly image: TileStore;
  readonly results: ResultTiles;
  look: Look;
  /** Hears of pixels of drawn layers that changed, of every level. */
  onDrawn: (layer: DrawnLayer, level: number, ty: number, tx: number, rect: Rect) => void = () => {};
  readonly #drawn: readonly { name: DrawnLayer; layer: LabelLayer; mips: LabelMips }[];
  readonly #labelMips: LabelMips;
  readonly #editMips: LabelMips;
  readonly #labels: LabelLayer;
  readonly #edits: LabelLayer;
  /** When the coarsest tile of the result was wanted last. */
  #coarsestAt = 0;
  readonly #surfaces = new ByteCache<Surface>(MAX_SURFACE_BYTES);
  readonly #picture = new ImageData(TILE, TILE);
  readonly #words = new Uint32Array(this.#picture.data.buffer);

  constructor({ grid, image, results, labels, edits, look }: SceneParts) {
    this.grid = grid;
    this.image = image;
    this.results = results;
    this.look = look;
    this.#labels = labels;
    this.#edits = edits;
    this.#labelMips = new LabelMips(labels, grid.levels);
    this.#editMips = new LabelMips(edits, grid.levels);
    this.#drawn = [
      { name: "labels", layer: labels, mips: this.#labelMips },
      { name: "edits", layer: edits, mips: this.#editMips },
    ];
  }

  /** Takes up what was drawn since the last frame. */
  followDrawing(): void {
    for (const { name, layer, mips } of this.#drawn) {
      for (const [key, rect] of layer.takeDirty()) {
        mips.changed(key, rect, (level, ty, tx, part) => {
          const surface = this.#surfaces.peek(tileKey(level, ty, tx));
          if (surface) surface.dirty = surface.dirty ? union(surface.dirty, part) : part;
          this.onDrawn(name, level, ty, tx, part);
        });
      }
    }
  }

  /**
   * The composed tile, up to date; an older picture of it after `deadline` (milliseconds, as performance.now), which
   * `late` hears of; null where the image's pixels are not there.
   */
  surface(at: TileAddress, deadline: number, late: () => void): Surface | null {
    const inputs = this.#inputsOf(at);
    if (!inputs) return null;
    const key = tileKey(at.level, at.ty, at.tx);
    const known = this.#surfaces.get(key);
    const isSame = known !== undefined && sameStamp(known.stamp, inputs.stamp);
    if (isSame && !known.dirty) return known;
    const isSmallChange = isSame && known.dirty !== null;
    if (!isSmallChange && performance.now() > deadline) {
      late();
      return known ?? null;
    }
    const surface = known ?? createSurface(inputs.layers.image.width, inputs.layers.image.height);
    const whole: Rect = { x0: 0, y0: 0, x1: surface.width, y1: surface.height };
    const rect = isSame && known.dirty ? clip(known.dirty, whole) : whole;
    if (rect.x1 > rect.x0 && rect.y1 > rect.y0) {
      composeTile(inputs.layers, this.look, rect, this.#words, TILE);
      surface.put(this.#picture, rect);
    }
    surface.stamp = inputs.stamp;
    surface.dirty = null;
    if (!known) this.#surfaces.set(key, surface, surface.width * surface.height * 4);
    return surface;
  }

  /** Memory of all tiles and pictures. */
  get bytes(): number {
    const drawn = this.#drawn.reduce((sum, { layer, mips }) => sum + layer.bytes + mips.bytes, 0);
    return this.image.bytes + this.results.bytes + this.#surfaces.bytes + drawn;
  }

  /** Tiles to fetch for a view of `level` and `bounds`, the nearest to `centre` (finest-level coordinates) first. */
  wanted(level: number, bounds: Rect, centre: Point, pointer: Point | null): WantedTile[] {
    const wanted = this.inView(level, bounds, centre);
    const side = TILE * 2 ** level;
    const distance = ({ ty, tx }: TileAddress): number =>
      Math.hypot((tx + 0.5) * side - centre.x, (ty + 0.5) * side - centre.y) / side;
    const inView = this.grid.tilesIn(level, bounds);
    const seen = new Set(inView.map((at) => tileKey(level, at.ty, at.tx)));
    const around = { x0: bounds.x0 - side, y0: bounds.y0 - side, x1: bounds.x1 + side, y1: bounds.y1 + side };
    for (const at of this.grid.tilesIn(level, around)) {
      if (!seen.has(tileKey(level, at.ty, at.tx))) {
        wanted.push({ store: this.image, at, priority: AROUND + distance(at) });
      }
    }
    if (pointer) this.#addUnderPointer(pointer, wanted);
    return wanted;
  }

  /** The tiles without which a view has gaps, or is blurred. */
  inView(level: number, bounds: Rect, centre: Point): WantedTile[] {
    const wanted: WantedTile[] = [];
    const showsResult = this.look.segmentation !== null || this.look.uncertainty !== null;
    const add = (at: TileAddress, priority: number): void => {
      wanted.push({ store: this.image, at, priority });
      const store = showsResult ? this.results.storeFor(at) : null;
      if (store) wanted.push({ store, at, priority: priority + 0.25 });
      const preview = this.look.segmentation ? this.results.previewStore : null;
      if (preview) wanted.push({ store: preview, at, priority: priority + 0.25 });
    };
    this.#addCoarsest(showsResult, wanted);
    const side = TILE * 2 ** level;
    for (const at of this.grid.tilesIn(level, bounds)) {
      add(at, Math.hypot((at.tx + 0.5) * side - centre.x, (at.ty + 0.5) * side - centre.y) / side);
    }
    return wanted;
  }

  /** The whole in small, which bridges all gaps. It changes with each tile of a running result: then it can wait. */
  #addCoarsest(showsResult: boolean, wanted: WantedTile[]): void {
    const at = { level: this.grid.levels - 1, ty: 0, tx: 0 };
    wanted.push({ store: this.image, at, priority: -1 });
    const store = showsResult ? this.results.storeFor(at) : null;
    if (!store) return;
    const now = performance.now();
    const isThere = store.peek(at) !== undefined;
    if (isThere && this.results.isRunning && now < this.#coarsestAt + COARSEST_PAUSE_MS) return;
    if (store.needs(at)) this.#coarsestAt = now;
    wanted.push({ store, at, priority: isThere ? AROUND : -1 });
  }

  /** Class ids of a tile of a drawn layer, 256 columns wide; null where nothing was drawn. */
  drawnTile(layer: DrawnLayer, level: number, ty: number, tx: number): Uint8Array | null {
    return (layer === "labels" ? this.#labelMips : this.#editMips).tile(level, ty, tx);
  }

  /** What is known about one pixel of the image. */
  inspect(x: number, y: number): PixelValues {
    const tile = this.image.get({ level: 0, ty: y >> 8, tx: x >> 8 });
    const uncertainty = this.results.valueAt("uncertainty", x, y);
    return {
      values: tile ? valuesOf(tile, x & 255, y & 255) : null,
      labelClassId: this.#labels.valueAt(x, y) || null,
      predictedClassId: this.#edits.valueAt(x, y) || this.results.valueAt("segmentation", x, y) || null,
      uncertainty: uncertainty === null ? null : uncertainty / 255,
    };
  }

  #addUnderPointer(pointer: Point, wanted: WantedTile[]): void {
    const { x, y } = { x: Math.floor(pointer.x), y: Math.floor(pointer.y) };
    if (x < 0 || y < 0 || x >= this.grid.width || y >= this.grid.height) return;
    const at = { level: 0, ty: y >> 8, tx: x >> 8 };
    wanted.push({ store: this.image, at, priority: UNDER_POINTER });
    const store = this.results.storeFor(at);
    if (store) wanted.push({ store, at, priority: UNDER_POINTER });
  }

  #inputsOf(at: TileAddress): TileInputs | null {
    const image = this.image.get(at);
    if (!image) return null;
    const stamp = [this.look.serial, image.serial];
    const layers = { image, segmentation: [], uncertainty: [], labels: [] } as TileLayers & Record<string, unknown>;
    if (this.look.segmentation) {
      const { planes, serials } = this.results.planes("segmentation", at);
      const edits = this.#editMips.tile(at.level, at.ty, at.tx);
      layers.segmentation = edits ? [...planes, drawnPlane(edits)] : planes;
      stamp.push(...serials);
    }
    if (this.look.uncertainty) {
      const { planes, serials } = this.results.planes("uncertainty", at);
      layers.uncertainty = planes;
      stamp.push(-1, ...serials);
    }
    const labels = this.look.labels ? this.#labelMips.tile(at.level, at.ty, at.tx) : null;
    if (labels) layers.labels = [drawnPlane(labels)];
    return { layers, stamp };
  }
}

function sameStamp(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function clip(rect: Rect, to: Rect): Rect {
  return {
    x0: Math.max(rect.x0, to.x0),
    y0: Math.max(rect.y0, to.y0),
    x1: Math.min(rect.x1, to.x1),
    y1: Math.min(rect.y1, to.y1),
  };
}

function valuesOf(tile: RawTile, x: number, y: number): number[] {
  const plane = tile.width * tile.height;
  const values: number[] = [];
  for (let at = y * tile.width + x; at < tile.pixels.length; at += plane) values.push(tile.pixels[at] as number);
  return values;
}
