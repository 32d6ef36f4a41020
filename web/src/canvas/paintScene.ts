// Draws a scene as a view sees it: the tiles of the fitting level, each bridged by a coarser one until it is there.

import type { TileAddress } from "./grid";
import { TILE } from "./grid";
import type { Scene } from "./scene";
import { boundsOf, type View } from "./view";

export interface PaintOptions {
  /** Device pixels for one CSS pixel. */
  ratio: number;
  background: string;
  /** Tiles are not composed anew after this time (as performance.now); they keep their older picture. */
  deadline: number;
  /** Called where a tile kept its older picture, so that another frame is needed. */
  late(): void;
}

interface Placement {
  context: CanvasRenderingContext2D;
  /** Device pixels for one image pixel. */
  scale: number;
  /** Device pixel of image position 0, 0, whole so that nothing shimmers. */
  originX: number;
  originY: number;
}

export function paintScene(context: CanvasRenderingContext2D, scene: Scene, view: View, options: PaintOptions): void {
  const scale = view.zoom * options.ratio;
  const { width, height } = context.canvas;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = options.background;
  context.fillRect(0, 0, width, height);
  const placement: Placement = {
    context,
    scale,
    originX: Math.round(width / 2 - view.x * scale),
    originY: Math.round(height / 2 - view.y * scale),
  };
  const { grid } = scene;
  const level = grid.levelFor(scale);
  const tiles = grid.tilesIn(level, boundsOf(view));
  tiles.sort((a, b) => distance(a, view) - distance(b, view));
  for (const at of tiles) {
    const surface = scene.surface(at, options.deadline, options.late);
    if (surface) {
      const isShrunk = scale * 2 ** level < 1 - 1e-6;
      context.imageSmoothingEnabled = isShrunk;
      const { x0, y0, x1, y1 } = place(placement, at, surface.width, surface.height);
      context.drawImage(surface.canvas, x0, y0, x1 - x0, y1 - y0);
    } else {
      bridge(placement, scene, at, options);
    }
  }
}

/** Draws the part of a coarser tile that lies under a missing one. */
function bridge(placement: Placement, scene: Scene, at: TileAddress, options: PaintOptions): void {
  const { width, height } = scene.grid.tileSize(at);
  for (let up = 1; at.level + up < scene.grid.levels; up++) {
    const over = { level: at.level + up, ty: at.ty >> up, tx: at.tx >> up };
    const surface = scene.surface(over, options.deadline, options.late);
    if (!surface) continue;
    const { x0, y0, x1, y1 } = place(placement, at, width, height);
    const part = 2 ** up;
    const left = (at.tx * TILE) / part - over.tx * TILE;
    const top = (at.ty * TILE) / part - over.ty * TILE;
    placement.context.imageSmoothingEnabled = true;
    placement.context.drawImage(
      surface.canvas,
      left,
      top,
      Math.min(width / part, surface.width - left),
      Math.min(height / part, surface.height - top),
      x0,
      y0,
      x1 - x0,
      y1 - y0,
    );
    return;
  }
}

/** Device pixels of a tile; neighbours share their edges. */
function place(
  { scale, originX, originY }: Placement,
  { level, ty, tx }: TileAddress,
  width: number,
  height: number,
): { x0: number; y0: number; x1: number; y1: number } {
  const step = scale * 2 ** level;
  return {
    x0: originX + Math.round(tx * TILE * step),
    y0: originY + Math.round(ty * TILE * step),
    x1: originX + Math.round((tx * TILE + width) * step),
    y1: originY + Math.round((ty * TILE + height) * step),
  };
}

function distance({ level, ty, tx }: TileAddress, { x, y }: View): number {
  const side = TILE * 2 ** level;
  return Math.hypot((tx + 0.5) * side - x, (ty + 0.5) * side - y);
}
