// Raw tiles of one layer as the server has them, and which of them have to be fetched (again).

import { ByteCache } from "./byteCache";
import { addressOf, type TileAddress, type TileGrid, tileKey } from "./grid";

export type Pixels = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
export type PixelType = "uint8" | "uint16" | "float32";

export interface RawTile {
  /** Axes (channels, height, width). */
  pixels: Pixels;
  width: number;
  height: number;
  /** Differs for any two tiles that ever arrived, so that who drew from a tile knows whether it is still the same. */
  serial: number;
  /** The server has newer pixels; these are shown until they arrive. */
  stale: boolean;
  /** Fetched when everything had been computed. */
  final: boolean;
}

export type LoadTile = (at: TileAddress, signal: AbortSignal) => Promise<ArrayBuffer>;

/** Fetches several tiles of one level by one request. */
export interface BatchSource {
  /** Tiles that one request may ask for. */
  most: number;
  load(tiles: readonly TileAddress[], signal: AbortSignal): Promise<ArrayBuffer[]>;
}

let lastSerial = 0;

export class TileStore {
  readonly grid: TileGrid;
  /** Whether a tile that is asked for now will be final. */
  isFinalAt: (at: TileAddress) => boolean = () => true;
  readonly #type: PixelType;
  readonly #source: BatchSource;
  readonly #tiles: ByteCache<RawTile>;
  /** How often a tile changed on the server. */
  readonly #changes = new Map<number, number>();
  /** How often all of them did. */
  #allChanges = 0;

  constructor(grid: TileGrid, type: PixelType, source: LoadTile | BatchSource, maxBytes: number) {
    this.grid = grid;
    this.#type = type;
    this.#source = typeof source === "function" ? oneByOne(source) : source;
    this.#tiles = new ByteCache(maxBytes);
  }

  /** Tiles that one request may ask for. */
  get most(): number {
    return this.#source.most;
  }

  get bytes(): number {
    return this.#tiles.bytes;
  }

  get(at: TileAddress): RawTile | undefined {
    return this.#tiles.get(tileKey(at.level, at.ty, at.tx));
  }

  /** The tile, without counting it as used. */
  peek(at: TileAddress): RawTile | undefined {
    return this.#tiles.peek(tileKey(at.level, at.ty, at.tx));
  }

  /** True where the tile is missing or stale. */
  needs(at: TileAddress): boolean {
    return this.#tiles.peek(tileKey(at.level, at.ty, at.tx))?.stale ?? true;
  }

  /** The tile, or the nearest coarser one over it that is there. */
  nearest(at: TileAddress): { tile: RawTile; at: TileAddress } | undefined {
    for (let up = 0; at.level + up < this.grid.levels; up++) {
      const over = { level: at.level + up, ty: at.ty >> up, tx: at.tx >> up };
      const tile = this.get(over);
      if (tile) return { tile, at: over };
    }
    return undefined;
  }

  /** Fetches a tile and keeps it; throws what the fetch throws. */
  async load(at: TileAddress, signal: AbortSignal): Promise<RawTile> {
    const [tile] = await this.loadSeveral([at], signal);
    return tile as RawTile;
  }

  /** Fetches tiles of one level by one request and keeps them; throws what the fetch throws. */
  async loadSeveral(tiles: readonly TileAddress[], signal: AbortSignal): Promise<RawTile[]> {
    // What changes while they are on their way is perhaps not in them.
    const before = tiles.map((at) => ({ at, isFinal: this.isFinalAt(at), state: this.#stateOf(at) }));
    const buffers = await this.#source.load(tiles, signal);
    return before.map(({ at, isFinal, state }, index) => {
      const buffer = buffers[index] as ArrayBuffer;
      lastSerial++;
      const tile: RawTile = {
        pixels: pixelsOf(buffer, this.#type),
        ...this.grid.tileSize(at),
        serial: lastSerial,
        stale: state !== this.#stateOf(at) || isFinal !== this.isFinalAt(at),
        final: isFinal,
      };
      this.#tiles.set(tileKey(at.level, at.ty, at.tx), tile, buffer.byteLength);
      return tile;
    });
  }

  /** Says that a tile of the finest level changed, and with it all coarser ones over it. */
  changed(ty: number, tx: number): void {
    for (let level = 0; level < this.grid.levels; level++) {
      this.changedAt({ level, ty: ty >> level, tx: tx >> level });
    }
  }

  /** Says that one tile changed. */
  changedAt({ level, ty, tx }: TileAddress): void {
    const key = tileKey(level, ty, tx);
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1);
    const tile = this.#tiles.peek(key);
    if (tile) tile.stale = true;
  }

  allChanged(): void {
    this.#allChanges++;
    this.#changes.clear();
    for (const key of this.#tiles.keys()) {
      const tile = this.#tiles.peek(key);
      if (tile) tile.stale = true;
    }
  }

  /** Tiles that are there. */
  addresses(): TileAddress[] {
    return [...this.#tiles.keys()].map(addressOf);
  }

  #stateOf({ level, ty, tx }: TileAddress): string {
    return `${this.#allChanges} ${this.#changes.get(tileKey(level, ty, tx)) ?? 0}`;
  }
}

function oneByOne(load: LoadTile): BatchSource {
  return { most: 1, load: (tiles, signal) => Promise.all(tiles.map((at) => load(at, signal))) };
}

function pixelsOf(buffer: ArrayBuffer, type: PixelType): Pixels {
  switch (type) {
    case "uint8":
      return new Uint8Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "float32":
      return new Float32Array(buffer);
  }
}
