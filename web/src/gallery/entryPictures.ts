// Tiles of one entry as pictures: its image, and its classes as colours that lie over it.

import { ApiError } from "../api/error";
import { type ClassLayer, type EntryView, fetchEntryClassTile, fetchEntryTile, type VersionOf } from "../api/gallery";
import { parseColour } from "../canvas/colourMap";
import { type TileAddress, TileGrid, tileKey } from "../canvas/grid";
import { rowColourer } from "../canvas/imageColours";
import type { Pixels } from "../canvas/tileStore";

/** Pictures of 256² px take 256 KiB each. */
const MOST_PICTURES = 400;
const AT_ONCE = 4;

type Kind = "image" | ClassLayer;
type Wanted = { kind: Kind; at: TileAddress };

export class EntryPictures {
  readonly grid: TileGrid;
  readonly #entry: VersionOf;
  readonly #view: EntryView;
  readonly #colours: Uint32Array;
  readonly #arrived: () => void;
  readonly #refused: () => void;
  /** The least lately drawn first. */
  readonly #pictures = new Map<string, OffscreenCanvas>();
  readonly #failed = new Set<string>();
  readonly #underway = new Map<string, AbortController>();
  #wanted: Wanted[] = [];

  constructor(
    entry: VersionOf,
    view: EntryView,
    classes: readonly { id: number; colour: string }[],
    arrived: () => void,
    refused: () => void,
  ) {
    this.grid = new TileGrid(view.width, view.height, view.levels);
    this.#entry = entry;
    this.#view = view;
    this.#colours = classColours(classes);
    this.#arrived = arrived;
    this.#refused = refused;
  }

  get(kind: Kind, at: TileAddress): OffscreenCanvas | null {
    const key = keyOf(kind, at);
    const picture = this.#pictures.get(key);
    if (!picture) return null;
    this.#pictures.delete(key);
    this.#pictures.set(key, picture);
    return picture;
  }

  /** Fetches what is not there yet, the first first; what is on its way and no longer wanted is given up. */
  want(tiles: readonly Wanted[]): void {
    const keys = new Set(tiles.map(({ kind, at }) => keyOf(kind, at)));
    for (const [key, request] of this.#underway) if (!keys.has(key)) request.abort();
    this.#wanted = tiles.filter((each) => this.#isMissing(each));
    this.#fetchMore();
  }

  stop(): void {
    this.#wanted = [];
    for (const request of this.#underway.values()) request.abort();
  }

  #fetchMore(): void {
    for (const { kind, at } of this.#wanted) {
      if (this.#underway.size >= AT_ONCE) return;
      if (!this.#underway.has(keyOf(kind, at)) && !this.#pictures.has(keyOf(kind, at))) void this.#fetch(kind, at);
    }
  }

  async #fetch(kind: Kind, at: TileAddress): Promise<void> {
    const key = keyOf(kind, at);
    const request = new AbortController();
    this.#underway.set(key, request);
    try {
      const bytes =
        kind === "image"
          ? await fetchEntryTile(this.#entry, at, request.signal)
          : await fetchEntryClassTile(this.#entry, kind, at, request.signal);
      this.#keep(key, kind === "image" ? this.#drawImage(bytes, at) : this.#drawClasses(bytes, at));
    } catch (failure) {
      if (request.signal.aborted) return;
      if (!(failure instanceof ApiError)) throw failure;
      this.#failed.add(key);
      this.#refused();
      return;
    } finally {
      if (this.#underway.get(key) === request) this.#underway.delete(key);
      this.#wanted = this.#wanted.filter((each) => this.#isMissing(each));
      this.#fetchMore();
    }
    this.#arrived();
  }

  #isMissing({ kind, at }: Wanted): boolean {
    const key = keyOf(kind, at);
    return !this.#pictures.has(key) && !this.#failed.has(key);
  }

  #keep(key: string, picture: OffscreenCanvas): void {
    this.#pictures.set(key, picture);
    for (const oldest of this.#pictures.keys()) {
      if (this.#pictures.size <= MOST_PICTURES) return;
      this.#pictures.delete(oldest);
    }
  }

  #drawImage(bytes: ArrayBuffer, at: TileAddress): OffscreenCanvas {
    const { width, height } = this.grid.tileSize(at);
    const { tile_dtype: type, channels, is_rgb: isRgb, contrast } = this.#view;
    const colour = rowColourer({ type, channels, isRgb, contrast, shownChannel: null });
    const tile = { pixels: pixelsOf(bytes, type), width, height, serial: 0, stale: false, final: true };
    const words = new Uint32Array(width * height);
    for (let row = 0; row < height; row++) colour(tile, row, 0, width, words.subarray(row * width));
    return pictureOf(words, width, height);
  }

  #drawClasses(bytes: ArrayBuffer, at: TileAddress): OffscreenCanvas {
    const { width, height } = this.grid.tileSize(at);
    const ids = new Uint8Array(bytes);
    const words = Uint32Array.from({ length: width * height }, (_, pixel) => this.#colours[ids[pixel] ?? 0] ?? 0);
    return pictureOf(words, width, height);
  }
}

const keyOf = (kind: Kind, { level, ty, tx }: TileAddress): string => `${kind} ${tileKey(level, ty, tx)}`;

function pixelsOf(bytes: ArrayBuffer, type: EntryView["tile_dtype"]): Pixels {
  switch (type) {
    case "uint8":
      return new Uint8Array(bytes);
    case "uint16":
      return new Uint16Array(bytes);
    case "float32":
      return new Float32Array(bytes);
  }
}

/** ABGR words by class id; nothing is drawn where there is no class. */
export function classColours(classes: readonly { id: number; colour: string }[]): Uint32Array {
  const words = new Uint32Array(256);
  for (const { id, colour } of classes) {
    const [red, green, blue] = parseColour(colour);
    words[id] = 0xff000000 | (blue << 16) | (green << 8) | red;
  }
  return words;
}

function pictureOf(words: Uint32Array<ArrayBuffer>, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser has no 2D canvas.");
  context.putImageData(new ImageData(new Uint8ClampedArray(words.buffer), width, height), 0, 0);
  return canvas;
}
