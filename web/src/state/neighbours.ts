// Images that are likely to be shown next: the ones beside the shown one in the order, the way the person goes first.
// What is known of them and their tiles in view are fetched ahead.

import type { TileGrid } from "../canvas/grid";
import { AHEAD, type WantedTile } from "../canvas/requestQueue";
import type { Scene } from "../canvas/scene";
import { boundsOf, fitted, type View } from "../canvas/view";

export interface NeighboursHost {
  /** Fetches what is known of an image and makes its scene. */
  fetch(image: number, signal: AbortSignal): Promise<unknown>;
  /** It has a scene. */
  isKnown(image: number): boolean;
}

/** A person who goes on quickly is not held up by what is fetched ahead. */
const PAUSE_MS = 150;

export class Neighbours {
  readonly #host: NeighboursHost;
  #images: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fetching = new AbortController();

  constructor(host: NeighboursHost) {
    this.#host = host;
  }

  /** Another image is shown, so many places after the one before. */
  shown(order: readonly number[], image: number, step: number): void {
    this.#stop();
    this.#images = [];
    this.#timer = setTimeout(() => void this.#fetch(neighboursOf(order, image, step)), PAUSE_MS);
  }

  close(): void {
    this.#stop();
    this.#images = [];
  }

  /** Their tiles for a view of an image of the size of `grid`. */
  wanted(grid: TileGrid, view: View, ratio: number, sceneOf: (image: number) => Scene | undefined): WantedTile[] {
    return this.#images.flatMap((image, index) => {
      const scene = sceneOf(image);
      if (!scene) return [];
      const isSameSize = scene.grid.width === grid.width && scene.grid.height === grid.height;
      const place = isSameSize ? view : fitted(view, scene.grid);
      const tiles = scene.inView(scene.grid.levelFor(place.zoom * ratio), boundsOf(place), place);
      return tiles.map((tile) => ({ ...tile, priority: AHEAD * (index + 1) + tile.priority }));
    });
  }

  async #fetch(images: readonly number[]): Promise<void> {
    const { signal } = this.#fetching;
    for (const image of images) {
      try {
        if (!this.#host.isKnown(image)) await this.#host.fetch(image, signal);
      } catch {
        // It was only a guess that it will be shown; whoever shows it hears of the failure.
        return;
      }
      if (signal.aborted) return;
      this.#images = [...this.#images, image];
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#fetching.abort();
    this.#fetching = new AbortController();
  }
}

/** The next two in the direction of the last step, and the one behind. */
export function neighboursOf(order: readonly number[], image: number, step: number): number[] {
  const place = order.indexOf(image);
  const way = step < 0 ? -1 : 1;
  return [way, -way, 2 * way]
    .map((places) => order[place + places])
    .filter((neighbour): neighbour is number => neighbour !== undefined && place >= 0);
}
