// The grid of 256 px tiles over a pyramid: level k has ceil(size / 2^k) pixels a side.

export const TILE = 256;
export const TILE_PIXELS = TILE * TILE;

export interface TileAddress {
  level: number;
  ty: number;
  tx: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Pixels x0 to x1 - 1 and y0 to y1 - 1. */
export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Rows and columns of tiles stay below 4096, levels below 32. */
export function tileKey(level: number, ty: number, tx: number): number {
  return (level * 4096 + ty) * 4096 + tx;
}

export function addressOf(key: number): TileAddress {
  const rest = Math.floor(key / 4096);
  return { level: Math.floor(rest / 4096), ty: rest % 4096, tx: key % 4096 };
}

export function union(a: Rect, b: Rect): Rect {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** The pixels of a rectangle one level up; those at the edges are only partly covered by it. */
export function halved(rect: Rect): Rect {
  return { x0: rect.x0 >> 1, y0: rect.y0 >> 1, x1: (rect.x1 + 1) >> 1, y1: (rect.y1 + 1) >> 1 };
}

export class TileGrid {
  readonly width: number;
  readonly height: number;
  readonly levels: number;

  constructor(width: number, height: number, levels: number) {
    this.width = width;
    this.height = height;
    this.levels = levels;
  }

  levelWidth(level: number): number {
    return Math.ceil(this.width / 2 ** level);
  }

  levelHeight(level: number): number {
    return Math.ceil(this.height / 2 ** level);
  }

  columns(level: number): number {
    return Math.ceil(this.levelWidth(level) / TILE);
  }

  rows(level: number): number {
    return Math.ceil(this.levelHeight(level) / TILE);
  }

  /** Pixels of one tile that lie in the image. */
  tileSize(at: TileAddress): { width: number; height: number } {
    return {
      width: Math.min(TILE, this.levelWidth(at.level) - at.tx * TILE),
      height: Math.min(TILE, this.levelHeight(at.level) - at.ty * TILE),
    };
  }

  /** How many pixels one tile has. */
  pixelsOf(at: TileAddress): number {
    const { width, height } = this.tileSize(at);
    return width * height;
  }

  /** How many tiles of the finest level lie under a tile. */
  finestUnder({ level, ty, tx }: TileAddress): number {
    const rows = Math.min(this.rows(0), (ty + 1) << level) - (ty << level);
    const columns = Math.min(this.columns(0), (tx + 1) << level) - (tx << level);
    return rows * columns;
  }

  /** Tiles of a level that a rectangle of finest-level coordinates touches, row by row. */
  tilesIn(level: number, bounds: Rect): TileAddress[] {
    const side = TILE * 2 ** level;
    const first = { ty: Math.max(0, Math.floor(bounds.y0 / side)), tx: Math.max(0, Math.floor(bounds.x0 / side)) };
    const end = {
      ty: Math.min(this.rows(level), Math.ceil(bounds.y1 / side)),
      tx: Math.min(this.columns(level), Math.ceil(bounds.x1 / side)),
    };
    const tiles: TileAddress[] = [];
    for (let ty = first.ty; ty < end.ty; ty++) {
      for (let tx = first.tx; tx < end.tx; tx++) tiles.push({ level, ty, tx });
    }
    return tiles;
  }

  /** The level whose pixels are shown at 0.5 to 1 screen pixels, or the finest where the image is magnified. */
  levelFor(screenPxPerImagePx: number): number {
    const level = Math.floor(Math.log2(1 / screenPxPerImagePx) + 1e-9);
    return Math.min(Math.max(level, 0), this.levels - 1);
  }
}
