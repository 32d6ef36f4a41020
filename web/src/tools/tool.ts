// What a tool is: it hears the pointer in image coordinates and changes labels, the view or the cropping rectangle.

import type { Point, Size, View } from "../canvas/view";
import type { AlikeProposals } from "../smart/labelAlike";
import type { Suggestions } from "../smart/suggestions";
import type { EditorState, Notice, ToolId } from "../state/contract";
import type { FloodTile } from "./floodFill";

export interface PointerInput {
  /** Position in image pixels; a pixel's centre lies at .5. */
  image: Point;
  /** Position on the canvas in screen pixels (CSS). */
  screen: Point;
  shift: boolean;
  alt: boolean;
  /** When it happened, as performance.now. */
  time: number;
  button: "left" | "right";
}

/** Labels being drawn: a step that is not finished. */
export interface Drawing {
  /** Covers pixels x0 to x1 - 1 of row y. */
  coverRow(y: number, x0: number, x1: number): void;
  coverTile(tile: FloodTile): void;
  /** Makes it one step. */
  end(): void;
  /** Leaves no trace. */
  cancel(): void;
}

export interface CropRectangle {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** What a tool may see and do. */
export interface ToolContext {
  readonly state: EditorState;
  readonly image: Size;
  readonly view: View;
  /** Where the pointer is; null where it is not over the canvas. */
  readonly pointer: PointerInput | null;
  /** Starts a step in the active class, in the layer that is edited; null, with a notice, where that is not possible. */
  draw(kind: "paint" | "erase"): Drawing | null;
  /** Display values 0 to 255 of each channel that counts, and the classes drawn so far, of a finest-level tile. */
  /** What smart labelling suggests. */
  readonly smart: Suggestions;
  /** What it proposes to label alike. */
  readonly alike: AlikeProposals;
  tilePixels(ty: number, tx: number, signal: AbortSignal): Promise<TilePixels>;
  panBy(dx: number, dy: number): void;
  setCropRectangle(rectangle: CropRectangle | null): void;
  /** Shows a sentence over the image; returns the function that takes it away. */
  notify(kind: Notice["kind"], message: string, hint: string): () => void;
  /** Draws the preview again. */
  redraw(): void;
}

export interface TilePixels {
  width: number;
  height: number;
  /** One plane a channel, rows of `width`. */
  shown: Uint8Array[];
  /** Class ids in rows of 256; null where nothing is drawn. */
  drawn: Uint8Array | null;
}

export interface Tool {
  readonly id: ToolId;
  readonly label: string;
  /** CSS cursor over the image. */
  readonly cursor: string;
  readonly shortcut: string;
  down(pointer: PointerInput, context: ToolContext): void;
  /** Positions since the last call, the newest last; `pressed` while the button is held. */
  move(pointers: readonly PointerInput[], pressed: boolean, context: ToolContext): void;
  up(pointer: PointerInput, context: ToolContext): void;
  /** The pointer moved without a button; heard before the frame in which `move` hears of it, where browsers tell. */
  foresee?(pointer: PointerInput, context: ToolContext): void;
  doubleClick?(pointer: PointerInput, context: ToolContext): void;
  /** True where the key was used. */
  key?(key: "Enter" | "Backspace", context: ToolContext): boolean;
  /** Gives up what is being drawn; true where there was anything. */
  cancel(context: ToolContext): boolean;
  /** Draws what is going on over the image, in screen pixels. */
  preview?(canvas: CanvasRenderingContext2D, context: ToolContext): void;
}
