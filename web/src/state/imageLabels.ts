// Labels and edits of one image as this page has them, and which of their tiles differ from the server's. Tiles are
// fetched when they are seen, so that an image of any size opens at once.

import { addressOf, type Size, tileKey } from "../canvas/grid";
import type { Schemas } from "./contract";
import { LabelLayer } from "./labelLayer";
import type { LayerName } from "./steps";

export const BOTH: readonly LayerName[] = ["labels", "edits"];

export type Layers = Readonly<Record<LayerName, LabelLayer>>;

/** A tile of a drawn layer of one image. */
export interface StaleTile {
  image: number;
  layer: LayerName;
  ty: number;
  tx: number;
}

export class ImageLabels {
  readonly image: number;
  readonly layers: Layers;
  /** The server has told which tiles hold anything; until then, nothing here is as the server has it. */
  isKnown = false;
  readonly #stale: Readonly<Record<LayerName, Set<number>>> = { labels: new Set(), edits: new Set() };

  constructor(image: number, { width, height }: Size) {
    this.image = image;
    this.layers = { labels: new LabelLayer(width, height), edits: new LabelLayer(width, height) };
  }

  /** Takes up which tiles hold anything on the server; `touched` are those that operations on their way go over. */
  learn(tiles: Schemas["LayerTiles"], touched: readonly StaleTile[]): void {
    this.isKnown = true;
    for (const layer of BOTH) {
      const stale = this.#stale[layer];
      for (const key of this.layers[layer].keys) stale.add(key);
      for (const { ty, tx } of tiles[layer]) stale.add(tileKey(0, ty, tx));
    }
    for (const { layer, ty, tx } of touched) this.markStale(layer, ty, tx);
  }

  markStale(layer: LayerName, ty: number, tx: number): void {
    this.#stale[layer].add(tileKey(0, ty, tx));
  }

  /** All tiles of a layer that this page has differ from the server's now. */
  markAllStale(layer: LayerName): void {
    for (const key of this.layers[layer].keys) this.#stale[layer].add(key);
  }

  isStale(layer: LayerName, ty: number, tx: number): boolean {
    return this.#stale[layer].has(tileKey(0, ty, tx));
  }

  settle(layer: LayerName, ty: number, tx: number): void {
    this.#stale[layer].delete(tileKey(0, ty, tx));
  }

  /** Tiles that differ from the server's. */
  get staleTiles(): StaleTile[] {
    return BOTH.flatMap((layer) =>
      [...this.#stale[layer]].map((key) => {
        const { ty, tx } = addressOf(key);
        return { image: this.image, layer, ty, tx };
      }),
    );
  }

  /** True where nothing is drawn in a layer, here or on the server. */
  isEmpty(layer: LayerName): boolean {
    return this.isKnown && this.#stale[layer].size === 0 && this.layers[layer].keys.length === 0;
  }
}
