// The scenes of the images that were shown, or are likely to be shown next: each with its tiles, results and place in
// the view. Those that were not used for longest go when they hold too much.

import { fetchImageTile, fetchResultTiles, MOST_RESULT_TILES } from "../api/tiles";
import type { Look } from "../canvas/compose";
import { TileGrid } from "../canvas/grid";
import { ResultTiles } from "../canvas/resultTiles";
import { Scene } from "../canvas/scene";
import { TileStore } from "../canvas/tileStore";
import type { View } from "../canvas/view";
import type { Project } from "./contract";
import type { Layers } from "./imageLabels";

export interface ImageScene {
  readonly image: number;
  readonly scene: Scene;
  readonly results: ResultTiles;
  /** What the server told last. */
  facts: Project;
  /** Where it was seen when it was left; null where the whole of it was. */
  view: View | null;
}

export interface ScenesHost {
  layersOf(image: number): Layers;
  /** The look of a scene that is made now. */
  look(facts: Project): Look;
  /** The scene of an image is gone. */
  dropped(image: number): void;
}

const MAX_IMAGE_BYTES = 256 * 2 ** 20;
const MAX_BYTES = 512 * 2 ** 20;
const MAX_SCENES = 64;

export class ImageScenes {
  readonly #host: ScenesHost;
  /** The one used last at the end. */
  readonly #scenes = new Map<number, ImageScene>();

  constructor(host: ScenesHost) {
    this.#host = host;
  }

  get all(): readonly ImageScene[] {
    return [...this.#scenes.values()];
  }

  get(image: number): ImageScene | undefined {
    return this.#scenes.get(image);
  }

  /** The scene of the image that a project was fetched with, with what the server told of it now. */
  put(project: Project): ImageScene {
    const known = this.#scenes.get(project.image.id);
    if (known) {
      known.facts = project;
      known.results.show(project.result);
      return known;
    }
    const made = this.#make(project);
    this.#scenes.set(made.image, made);
    return made;
  }

  /** An image is used now: it goes last, and others go first where all hold too much together. */
  use(image: number): void {
    const used = this.#scenes.get(image);
    if (!used) return;
    this.#scenes.delete(image);
    this.#scenes.set(image, used);
    let bytes = this.all.reduce((sum, { scene }) => sum + scene.bytes, 0);
    for (const { image: oldest, scene } of this.all) {
      if ((bytes <= MAX_BYTES && this.#scenes.size <= MAX_SCENES) || oldest === image) return;
      bytes -= scene.bytes;
      this.drop(oldest);
    }
  }

  drop(image: number): void {
    if (this.#scenes.delete(image)) this.#host.dropped(image);
  }

  #make(facts: Project): ImageScene {
    const { image } = facts;
    const grid = new TileGrid(image.width, image.height, image.levels);
    const source = { projectId: facts.id, image: image.id };
    const results = new ResultTiles(grid, (resultId) => ({
      most: MOST_RESULT_TILES,
      load: (tiles, signal) => fetchResultTiles(facts.id, resultId, tiles, (at) => grid.pixelsOf(at), signal),
    }));
    results.show(facts.result);
    const pixels = new TileStore(
      grid,
      image.tile_dtype,
      (at, signal) => fetchImageTile(source, at, signal),
      MAX_IMAGE_BYTES,
    );
    const scene = new Scene({
      grid,
      image: pixels,
      results,
      ...this.#host.layersOf(image.id),
      look: this.#host.look(facts),
    });
    return { image: image.id, scene, results, facts, view: null };
  }
}
