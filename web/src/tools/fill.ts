// Flood fill: a click gives the active class to all connected pixels that look like the one under it. What is drawn
// already is a border, unless labels are overwritten, so that a line keeps the fill from leaking.

import { TILE, TILE_PIXELS } from "../canvas/grid";
import { type FloodResult, type FloodSource, floodFill } from "./floodFill";
import type { PointerInput, TilePixels, Tool, ToolContext } from "./tool";

export const MAX_FILL_PIXELS = 2 ** 24;
/** What takes longer than this says so. */
const QUIET_MS = 500;

export class FillTool implements Tool {
  readonly id = "fill";
  readonly label = "Fill";
  readonly shortcut = "G";
  #running: AbortController | null = null;

  get cursor(): string {
    return this.#running ? "progress" : "crosshair";
  }

  down(pointer: PointerInput, context: ToolContext): void {
    const x = Math.floor(pointer.image.x);
    const y = Math.floor(pointer.image.y);
    const { width, height } = context.image;
    if (pointer.button !== "left" || x < 0 || y < 0 || x >= width || y >= height) return;
    this.cancel(context);
    void this.#fill(x, y, context);
  }

  move(): void {}

  up(): void {}

  cancel(context: ToolContext): boolean {
    const wasRunning = this.#running !== null;
    this.#running?.abort();
    this.#running = null;
    context.redraw();
    return wasRunning;
  }

  async #fill(x: number, y: number, context: ToolContext): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    context.redraw();
    let endNotice = (): void => {};
    const notice = setTimeout(() => {
      endNotice = context.notify("info", "Filling…", "Press Esc to stop.");
    }, QUIET_MS);
    try {
      const source = await fillSource(x, y, context, running.signal);
      const result = await floodFill(source, x, y, { maxPixels: MAX_FILL_PIXELS, signal: running.signal });
      this.#draw(result, context);
    } catch (failure) {
      if (running.signal.aborted) return;
      const message = failure instanceof Error ? failure.message : String(failure);
      context.notify("error", `The region could not be filled: ${message}`, "Try again when the image has loaded.");
    } finally {
      clearTimeout(notice);
      endNotice();
      if (this.#running === running) this.#running = null;
      context.redraw();
    }
  }

  #draw({ tiles, cut }: FloodResult, context: ToolContext): void {
    const drawing = context.draw("paint");
    if (!drawing) return;
    for (const tile of tiles) drawing.coverTile(tile);
    drawing.end();
    if (cut) {
      context.notify(
        "info",
        `Only the nearest ${MAX_FILL_PIXELS / 2 ** 20} megapixels were filled.`,
        "Click again where the filling stopped, or lower the tolerance.",
      );
    }
  }
}

/** Pixels that differ from the clicked one by the tolerance at most, in each channel, and are not another class's. */
async function fillSource(x: number, y: number, context: ToolContext, signal: AbortSignal): Promise<FloodSource> {
  const { fillTolerance, overwrite, activeClassId } = context.state;
  const clicked = await context.tilePixels(y >> 8, x >> 8, signal);
  const at = (y & 255) * clicked.width + (x & 255);
  const wanted = clicked.shown.map((plane) => plane[at] as number);
  const mayFill = (classId: number): boolean => overwrite || classId === 0 || classId === activeClassId;
  return {
    width: context.image.width,
    height: context.image.height,
    matches: async (ty, tx) => matchTile(await context.tilePixels(ty, tx, signal), wanted, fillTolerance, mayFill),
  };
}

function matchTile(
  { width, height, shown, drawn }: TilePixels,
  wanted: readonly number[],
  tolerance: number,
  mayFill: (classId: number) => boolean,
): Uint8Array {
  const matches = new Uint8Array(TILE_PIXELS);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mayFill(drawn?.[y * TILE + x] ?? 0)) continue;
      const isAlike = shown.every((plane, channel) => {
        return Math.abs((plane[y * width + x] as number) - (wanted[channel] as number)) <= tolerance;
      });
      if (isAlike) matches[y * TILE + x] = 1;
    }
  }
  return matches;
}
