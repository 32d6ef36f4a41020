// The tool in use: hears the pointer, and is given the project that it works on.

import type { StoreApi } from "zustand/vanilla";
import { displayPlane } from "../canvas/displayValues";
import type { PointerTarget } from "../canvas/pointers";
import type { Stage } from "../canvas/stage";
import { type Point, panned, toImage, zoomedAbout } from "../canvas/view";
import type { AlikeProposals } from "../smart/labelAlike";
import type { Suggestions } from "../smart/suggestions";
import type { CropRectangle, Drawing, PointerInput, TilePixels, Tool, ToolContext } from "../tools/tool";
import { createTools } from "../tools/tools";
import type { EditorState, Notice } from "./contract";
import type { Notices } from "./notices";
import type { Session } from "./session";
import type { LayerName } from "./steps";
import { toolInUse } from "./toolInUse";

/** What whoever checks by points must not know. */
const UNTOLD = { labelClassId: null, predictedClassId: null, uncertainty: null };

export interface ToolHost {
  store: StoreApi<EditorState>;
  stage: Stage;
  notices: Notices;
  smart: Suggestions;
  alike: AlikeProposals;
  session(): Session | null;
  isPanHeld(): boolean;
}

export class ToolControl implements PointerTarget, ToolContext {
  pointer: PointerInput | null = null;
  readonly #host: ToolHost;
  readonly #tools: ReadonlyMap<string, Tool>;
  /** A button is held down over the image. */
  isPressed = false;
  #isPanning = false;
  #hoverChanged = false;

  constructor(host: ToolHost) {
    this.#host = host;
    this.#tools = new Map(createTools().map((tool) => [tool.id, tool]));
  }

  get state(): EditorState {
    return this.#host.store.getState();
  }

  get image() {
    return this.#host.stage.scene?.grid ?? { width: 0, height: 0 };
  }

  get view() {
    return this.#host.stage.view;
  }

  get smart(): Suggestions {
    return this.#host.smart;
  }

  get alike(): AlikeProposals {
    return this.#host.alike;
  }

  get #tool(): Tool {
    return this.#tools.get(toolInUse(this.state)) as Tool;
  }

  // What the pointer does.

  toImage(screen: Point): Point {
    return toImage(this.view, screen);
  }

  isPanHeld(): boolean {
    return this.#host.isPanHeld();
  }

  hover(pointer: PointerInput | null): void {
    this.pointer = pointer;
    this.#hoverChanged = true;
    this.#host.stage.setPointer(pointer?.image ?? null);
    this.redraw();
  }

  down(pointer: PointerInput): void {
    this.isPressed = true;
    if (this.#host.session()) this.#tool.down(pointer, this);
  }

  move(pointers: PointerInput[], pressed: boolean): void {
    if (this.#host.session()) this.#tool.move(pointers, pressed, this);
  }

  up(pointer: PointerInput): void {
    this.isPressed = false;
    this.#tool.up(pointer, this);
  }

  doubleClick(pointer: PointerInput): void {
    if (this.#host.session()) this.#tool.doubleClick?.(pointer, this);
  }

  foresee(pointer: PointerInput): void {
    if (this.#host.session()) this.#tool.foresee?.(pointer, this);
  }

  /** Gives up what is being drawn; true where there was anything. */
  cancel(): boolean {
    this.isPressed = false;
    return this.#tool.cancel(this);
  }

  /** Lets a tool that is being left give up what it was doing. */
  leave(tool: EditorState["tool"]): void {
    this.#tools.get(tool)?.cancel(this);
  }

  key(key: "Enter" | "Backspace"): boolean {
    return this.#tool.key?.(key, this) ?? false;
  }

  panBy(dx: number, dy: number): void {
    this.#host.stage.setView(panned(this.view, dx, dy, this.image));
  }

  zoomAbout(anchor: Point, factor: number): void {
    this.#host.stage.setView(zoomedAbout(this.view, anchor, this.view.zoom * factor, this.image));
  }

  panning(active: boolean): void {
    this.#isPanning = active;
    this.redraw();
  }

  // What a tool may do.

  draw(kind: "paint" | "erase"): Drawing | null {
    const session = this.#host.session();
    const { project, activeClassId, postProcess, overwrite, eraseAllClasses } = this.state;
    const active = project?.classes.find((entry) => entry.id === activeClassId);
    if (!session || !project || !active) {
      this.notify("info", "There is no class to draw with.", "Choose a class in the list, or add one.");
      return null;
    }
    const classId = kind === "erase" && eraseAllClasses ? null : activeClassId;
    if (kind === "erase" && classId !== null && active.locked) {
      this.notify("info", `${active.name} is locked.`, "Unlock the class, or choose another one.");
      return null;
    }
    const layer: LayerName = postProcess ? "edits" : "labels";
    this.#showLayer(layer);
    const { labelling, image } = session;
    const stroke = labelling.beginStroke(
      kind === "paint"
        ? { kind, image, layer, classId: activeClassId, overwrite: overwrite || postProcess }
        : { kind, image, layer, classId },
    );
    return {
      coverRow: (y, x0, x1) => stroke.coverRow(y, x0, x1),
      coverTile: ({ ty, tx, mask }) => stroke.coverMask(ty, tx, mask),
      end: () => labelling.endStroke(),
      cancel: () => labelling.cancelStroke(),
    };
  }

  async tilePixels(ty: number, tx: number, signal: AbortSignal): Promise<TilePixels> {
    const session = this.#host.session();
    signal.throwIfAborted();
    if (!session) throw new DOMException("The project was closed.", "AbortError");
    const { image, scene, labelling } = session;
    const { contrast, shownChannel, project, postProcess } = this.state;
    const layer = postProcess ? "edits" : "labels";
    const [tile] = await Promise.all([
      this.#host.stage.requests.load(scene.image, { level: 0, ty, tx }),
      labelling.ensure({ image, layer, ty, tx }),
    ]);
    signal.throwIfAborted();
    const channels =
      shownChannel === null ? Array.from({ length: project?.image.channels ?? 1 }, (_, i) => i) : [shownChannel];
    return {
      width: tile.width,
      height: tile.height,
      shown: channels.map((channel) => displayPlane(tile, channel, contrast[channel] ?? { low: 0, high: 255 })),
      drawn: labelling.of(image).layers[layer].tile(ty, tx) ?? null,
    };
  }

  setCropRectangle(rectangle: CropRectangle | null): void {
    this.#host.store.setState({ cropRectangle: rectangle });
    this.redraw();
  }

  notify(kind: Notice["kind"], message: string, hint: string): () => void {
    const id = this.#host.notices.show("canvas", kind, message, hint);
    return () => this.#host.notices.dismiss(id);
  }

  redraw(): void {
    this.#host.stage.requestFrame("preview");
  }

  // What is drawn in each frame.

  preview(canvas: CanvasRenderingContext2D): void {
    const element = this.#host.stage.element;
    if (element) element.style.cursor = this.#cursor;
    if (!this.#host.session()) return;
    this.#tool.preview?.(canvas, this);
    this.#publishHover();
  }

  /** The image moved beneath the pointer, tiles arrived or labels changed: what is under the pointer may differ. */
  followPicture(): void {
    if (!this.pointer) return;
    this.pointer = { ...this.pointer, image: this.toImage(this.pointer.screen) };
    this.#host.stage.setPointer(this.pointer.image);
    this.#hoverChanged = true;
  }

  /** Puts what is under the pointer into the state; once a frame is often enough. */
  #publishHover(): void {
    if (!this.#hoverChanged) return;
    this.#hoverChanged = false;
    const scene = this.#host.stage.scene;
    const x = Math.floor(this.pointer?.image.x ?? -1);
    const y = Math.floor(this.pointer?.image.y ?? -1);
    const isInside = scene && x >= 0 && y >= 0 && x < scene.grid.width && y < scene.grid.height;
    const hover = isInside ? { x, y, ...scene.inspect(x, y), ...(this.state.pointCheck && UNTOLD) } : null;
    if (hover || this.state.hover) this.#host.store.setState({ hover });
  }

  get #cursor(): string {
    if (this.#isPanning) return "grabbing";
    return this.isPanHeld() ? "grab" : this.#tool.cursor;
  }

  /** Shows the layer that is drawn on, where it is hidden. */
  #showLayer(layer: LayerName): void {
    const { overlayView } = this.state;
    const needed = layer === "labels" ? "labels" : "segmentation";
    if (overlayView === "both" || overlayView === needed) return;
    this.#host.store.setState({ overlayView: overlayView === "none" ? needed : "both" });
  }
}
