// Tiles of the newest result of an image, and beneath them those of the result before, which stay on the screen until
// the newest is computed there. While the segmentation is live, one result is computed again and again. A preview may
// lie over the classes of all of them.

import type { Plane } from "./compose";
import { planeOf } from "./compose";
import { type TileAddress, type TileGrid, tileKey } from "./grid";
import { type BatchSource, TileStore } from "./tileStore";

export type ResultLayer = "segmentation" | "uncertainty";

export interface ShownResult {
  id: string;
  state: "running" | "complete" | "cancelled";
  /** Of the labels that it was computed from; a running result with another one was begun again. */
  revision: number;
  classes: readonly { id: number; colour: string }[];
}

interface Result {
  id: string;
  isRunning: boolean;
  revision: number;
  /** It was complete once, so that all of its tiles hold something. */
  isWhole: boolean;
  /** Segmentation and uncertainty as two channels. */
  tiles: TileStore;
  /** Tiles computed at any time, and those since it was last begun. */
  ever: ComputedTiles;
  now: ComputedTiles;
}

const MAX_BYTES = 128 * 2 ** 20;
const CHANNELS: Readonly<Record<ResultLayer, number>> = { segmentation: 0, uncertainty: 1 };

export class ResultTiles {
  readonly #grid: TileGrid;
  readonly #source: (resultId: string) => BatchSource;
  #current: Result | null = null;
  #previous: Result | null = null;
  #preview: TileStore | null = null;
  /** The preview before, until tiles of the present one are there. */
  #previewBefore: TileStore | null = null;

  constructor(grid: TileGrid, source: (resultId: string) => BatchSource) {
    this.#grid = grid;
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#current === null;
  }

  /** Tiles of it change until the server says that it is complete. */
  get isRunning(): boolean {
    return this.#current?.isRunning ?? false;
  }

  get bytes(): number {
    const stores = [this.#current?.tiles, this.#previous?.tiles, this.#preview, this.#previewBefore];
    return stores.reduce((sum, store) => sum + (store?.bytes ?? 0), 0);
  }

  /** Follows what the server says about results; a cancelled one gives way to the one before. */
  show(result: ShownResult | null): void {
    if (!result) {
      this.#current = null;
      this.#previous = null;
    } else if (result.id === this.#current?.id) {
      this.#follow(this.#current, result);
    } else if (result.state !== "cancelled") {
      this.#change(result);
    }
  }

  /** Shows other classes over those of the results, or no others any more; returns the tiles that are to be fetched. */
  preview(source: BatchSource | null): TileStore | null {
    this.#previewBefore = source && this.#preview;
    this.#preview = source && new TileStore(this.#grid, "uint8", source, MAX_BYTES);
    return this.#preview;
  }

  /** The tiles of a preview; null where there is none. */
  get previewStore(): TileStore | null {
    return this.#preview;
  }

  /** Tiles of the finest level were computed. */
  computed(resultId: string, tiles: readonly { ty: number; tx: number }[]): void {
    const current = this.#current;
    if (resultId !== current?.id) return;
    for (const { ty, tx } of tiles) {
      current.ever.add(ty, tx);
      current.now.add(ty, tx);
      current.tiles.changed(ty, tx);
    }
  }

  /** Messages may have been missed. */
  doubt(): void {
    this.#current?.tiles.allChanged();
  }

  /** The store to fetch a tile from; null where there is nothing to fetch yet. */
  storeFor(at: TileAddress): TileStore | null {
    const current = this.#current;
    if (!current) return null;
    if (current.isWhole || current.ever.isBegun(at)) return current.tiles;
    return this.#previous?.tiles ?? null;
  }

  /** What is there to show of a tile, the older first, and serial numbers that change with it. */
  planes(layer: ResultLayer, at: TileAddress): { planes: Plane[]; serials: number[] } {
    const newest = this.#current?.tiles.nearest(at);
    const results = newest?.tile.final ? [this.#current] : [this.#previous, this.#current];
    const planes: Plane[] = [];
    const serials: number[] = [];
    for (const result of results) {
      const found = result?.tiles.nearest(at);
      if (!found) continue;
      planes.push(planeOf(found.tile, CHANNELS[layer], found.at, at));
      serials.push(found.tile.serial);
    }
    if (layer === "segmentation") this.#addPreview(at, planes, serials);
    return { planes, serials };
  }

  /** The value at a position of the finest level; null where the tile is not there. */
  valueAt(layer: ResultLayer, x: number, y: number): number | null {
    const at = { level: 0, ty: y >> 8, tx: x >> 8 };
    const preview = layer === "segmentation" ? this.#preview?.get(at) : undefined;
    if (preview) return preview.pixels[(y & 255) * preview.width + (x & 255)] ?? null;
    for (const result of [this.#current, this.#previous]) {
      const tile = result?.tiles.get(at);
      if (!tile) continue;
      const index = (y & 255) * tile.width + (x & 255);
      const isComputed = tile.final || tile.pixels[index] !== 0;
      if (isComputed) return tile.pixels[CHANNELS[layer] * tile.width * tile.height + index] ?? null;
    }
    return null;
  }

  #change(result: ShownResult): void {
    if (result.id === this.#previous?.id) {
      this.#current = this.#previous;
      this.#previous = null;
      return;
    }
    const coarsest = { level: this.#grid.levels - 1, ty: 0, tx: 0 };
    // One that was computed to its end shows as much as one that was said to be complete.
    if (this.#current?.isWhole || this.#current?.ever.isDone(coarsest)) this.#previous = this.#current;
    this.#current = this.#open(result);
  }

  #addPreview(at: TileAddress, planes: Plane[], serials: number[]): void {
    const stores = this.#preview?.get(at) ? [this.#preview] : [this.#previewBefore, this.#preview];
    for (const store of stores) {
      const found = store?.nearest(at);
      if (!found) continue;
      planes.push(planeOf(found.tile, 0, found.at, at));
      serials.push(found.tile.serial);
    }
  }

  #follow(current: Result, { state, revision }: ShownResult): void {
    switch (state) {
      case "cancelled":
        // One that was whole before still shows something everywhere, until the server says what counts now.
        if (current.isWhole) return;
        this.#current = this.#previous;
        this.#previous = null;
        return;
      case "running":
        if (!current.isRunning || revision !== current.revision) current.now.clear();
        current.isRunning = true;
        current.revision = revision;
        return;
      case "complete":
        if (current.isRunning) this.#complete(current);
        current.revision = revision;
        return;
    }
  }

  /** What was not heard of since the result was begun is fetched once more; the rest is as the server has it. */
  #complete(current: Result): void {
    current.isRunning = false;
    current.isWhole = true;
    for (const at of current.tiles.addresses()) {
      const isKnown = current.now.isDone(at) && current.tiles.peek(at)?.final;
      if (!isKnown) current.tiles.changedAt(at);
    }
  }

  #open(result: ShownResult): Result {
    const isComplete = result.state === "complete";
    const tiles = new TileStore(this.#grid, "uint8", this.#source(result.id), MAX_BYTES);
    const opened: Result = {
      id: result.id,
      isRunning: !isComplete,
      revision: result.revision,
      isWhole: isComplete,
      tiles,
      ever: new ComputedTiles(this.#grid),
      now: new ComputedTiles(this.#grid),
    };
    tiles.isFinalAt = (at) => opened.isWhole || opened.ever.isDone(at);
    return opened;
  }
}

/** How many tiles of the finest level were computed under each tile. */
class ComputedTiles {
  readonly #grid: TileGrid;
  readonly #counts = new Map<number, number>();

  constructor(grid: TileGrid) {
    this.#grid = grid;
  }

  add(ty: number, tx: number): void {
    if (this.#counts.has(tileKey(0, ty, tx))) return;
    for (let level = 0; level < this.#grid.levels; level++) {
      const key = tileKey(level, ty >> level, tx >> level);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  clear(): void {
    this.#counts.clear();
  }

  /** Anything under the tile was computed. */
  isBegun({ level, ty, tx }: TileAddress): boolean {
    return this.#counts.has(tileKey(level, ty, tx));
  }

  /** All under the tile was computed. */
  isDone(at: TileAddress): boolean {
    return this.#counts.get(tileKey(at.level, at.ty, at.tx)) === this.#grid.finestUnder(at);
  }
}
