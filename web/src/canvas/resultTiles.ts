// Tiles of the newest result, and beneath them those of the result before, which stay on the screen until the newest
// is computed there.

import type { Plane } from "./compose";
import { planeOf } from "./compose";
import { type TileAddress, type TileGrid, tileKey } from "./grid";
import { type LoadTile, TileStore } from "./tileStore";

export type ResultLayer = "segmentation" | "uncertainty";

export interface ShownResult {
  id: string;
  state: "running" | "complete" | "cancelled";
  classes: readonly { id: number; colour: string }[];
}

interface ResultStores {
  id: string;
  isComplete: boolean;
  segmentation: TileStore;
  uncertainty: TileStore;
  /** Tiles, of all levels, under which anything was computed. */
  computed: Set<number>;
}

const MAX_BYTES_A_LAYER = 64 * 2 ** 20;

export class ResultTiles {
  readonly #grid: TileGrid;
  readonly #loader: (resultId: string, layer: ResultLayer) => LoadTile;
  #current: ResultStores | null = null;
  #previous: ResultStores | null = null;

  constructor(grid: TileGrid, loader: (resultId: string, layer: ResultLayer) => LoadTile) {
    this.#grid = grid;
    this.#loader = loader;
  }

  get isEmpty(): boolean {
    return this.#current === null;
  }

  /** Follows what the server says about results; a cancelled one gives way to the one before. */
  show(result: ShownResult | null): void {
    if (!result) {
      this.#current = null;
      this.#previous = null;
      return;
    }
    if (result.id !== this.#current?.id) {
      if (result.state === "cancelled") return;
      if (result.id === this.#previous?.id) {
        this.#current = this.#previous;
        this.#previous = null;
        return;
      }
      if (this.#current?.isComplete) this.#previous = this.#current;
      this.#current = this.#open(result);
      return;
    }
    if (result.state === "cancelled") {
      this.#current = this.#previous;
      this.#previous = null;
    } else if (result.state === "complete" && !this.#current.isComplete) {
      this.#current.isComplete = true;
      for (const layer of ["segmentation", "uncertainty"] as const) {
        this.#current[layer].isFinal = true;
        this.#current[layer].allChanged();
      }
    }
  }

  /** Tiles of the finest level were computed. */
  computed(resultId: string, tiles: readonly { ty: number; tx: number }[]): void {
    if (resultId !== this.#current?.id) return;
    for (const { ty, tx } of tiles) {
      this.#current.segmentation.changed(ty, tx);
      this.#current.uncertainty.changed(ty, tx);
      for (let level = 0; level < this.#grid.levels; level++) {
        this.#current.computed.add(tileKey(level, ty >> level, tx >> level));
      }
    }
  }

  /** The store to fetch a tile from; null where there is nothing to fetch yet. */
  storeFor(layer: ResultLayer, at: TileAddress): TileStore | null {
    const current = this.#current;
    if (!current) return null;
    if (current.isComplete || current.computed.has(tileKey(at.level, at.ty, at.tx))) return current[layer];
    return this.#previous?.[layer] ?? null;
  }

  /** What is there to show of a tile, the older first, and serial numbers that change with it. */
  planes(layer: ResultLayer, at: TileAddress): { planes: Plane[]; serials: number[] } {
    const newest = this.#current?.[layer].nearest(at);
    const stores = newest?.tile.final ? [this.#current] : [this.#previous, this.#current];
    const planes: Plane[] = [];
    const serials: number[] = [];
    for (const store of stores) {
      const found = store?.[layer].nearest(at);
      if (!found) continue;
      planes.push(planeOf(found.tile, found.at, at));
      serials.push(found.tile.serial);
    }
    return { planes, serials };
  }

  /** The value at a position of the finest level; null where the tile is not there. */
  valueAt(layer: ResultLayer, x: number, y: number): number | null {
    const at = { level: 0, ty: y >> 8, tx: x >> 8 };
    for (const stores of [this.#current, this.#previous]) {
      const tile = stores?.[layer].get(at);
      const classTile = stores?.segmentation.get(at);
      const index = (y & 255) * (tile?.width ?? 0) + (x & 255);
      if (tile && (tile.final || classTile?.pixels[index])) return tile.pixels[index] ?? null;
    }
    return null;
  }

  #open(result: ShownResult): ResultStores {
    const isComplete = result.state === "complete";
    const store = (layer: ResultLayer): TileStore => {
      const opened = new TileStore(this.#grid, "uint8", this.#loader(result.id, layer), MAX_BYTES_A_LAYER);
      opened.isFinal = isComplete;
      return opened;
    };
    return {
      id: result.id,
      isComplete,
      segmentation: store("segmentation"),
      uncertainty: store("uncertainty"),
      computed: new Set(),
    };
  }
}
