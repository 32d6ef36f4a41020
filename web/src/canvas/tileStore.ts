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

let lastSerial = 0;

export class TileStore {
  readonly grid: TileGrid;
  /** Whether tiles that arrive from now on are final. */
  isFinal = true;
  readonly #type: PixelType;
  readonly #load: LoadTile;
  readonly #tiles: ByteCache<RawTile>;

  constructor(grid: TileGrid, type: PixelType, load: LoadTile, maxBytes: number) {
    this.grid = grid;
    this.#type = type;
    this.#load = load;
    this.#tiles = new ByteCache(maxBytes);
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
    const isFinal = this.isFinal;
    const buffer = await this.#load(at, signal);
    const { width, height } = this.grid.tileSize(at);
    lastSerial++;
    const tile: RawTile = {
      pixels: pixelsOf(buffer, this.#type),
      width,
      height,
      serial: lastSerial,
      stale: isFinal !== this.isFinal,
      final: isFinal,
    };
    this.#tiles.set(tileKey(at.level, at.ty, at.tx), tile, buffer.byteLength);
    return tile;
  }

  /** Says that a tile of the finest level changed, and with it all coarser ones over it. */
  changed(ty: number, tx: number): void {
    for (let level = 0; level < this.grid.levels; level++) {
      const tile = this.#tiles.peek(tileKey(level, ty >> level, tx >> level));
      if (tile) tile.stale = true;
    }
  }

  allChanged(): void {
    for (const key of this.#tiles.keys()) {
      const tile = this.#tiles.peek(key);
      if (tile) tile.stale = true;
    }
  }

  /** Tiles that are there. */
  addresses(): TileAddress[] {
    return [...this.#tiles.keys()].map(addressOf);
  }
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
