// The canvas element in the page: its size in device pixels, the view, and one frame after each change.

import { FrameClock } from "./frameClock";
import { NextScene, PATIENCE_MS, type Place } from "./nextScene";
import { paintScene } from "./paintScene";
import { RequestQueue, type WantedTile } from "./requestQueue";
import type { Scene } from "./scene";
import { boundsOf, clamped, fitted, type Point, resized, type Size, type View } from "./view";

export interface StageHooks {
  /** Draws over the image, in CSS pixels. */
  preview(canvas: CanvasRenderingContext2D): void;
  /** The picture is about to change, or the view of it. */
  picture(): void;
  /** A frame begins, so many milliseconds after the last one; true where another one has to follow. */
  frame(milliseconds: number): boolean;
  /** The view or the picture changed, and was drawn. */
  drawn(): void;
  /** Tiles to fetch when nothing else is missing. */
  ahead(): readonly WantedTile[];
}

/** Composing tiles may take so much of a frame; the rest follows in the next one. */
const COMPOSE_MS = 9;
const SIZE_BEFORE_MOUNT: Size = { width: 1000, height: 700 };

export class Stage {
  readonly requests = new RequestQueue(() => this.requestFrame());
  readonly #hooks: StageHooks;
  readonly #clock = new FrameClock();
  #canvas: HTMLCanvasElement | null = null;
  #context: CanvasRenderingContext2D | null = null;
  #container: HTMLElement | null = null;
  #background = "#808080";
  #scene: Scene | null = null;
  #next: NextScene | null = null;
  #view: View = { x: 0, y: 0, zoom: 1, ...SIZE_BEFORE_MOUNT };
  #pointer: Point | null = null;
  #frame = 0;
  /** More than the preview has to be drawn. */
  #changed = false;
  /** The whole image is shown until the person zooms or moves. */
  #followsFit = true;

  constructor(hooks: StageHooks) {
    this.#hooks = hooks;
  }

  get view(): View {
    return this.#view;
  }

  get scene(): Scene | null {
    return this.#scene;
  }

  get element(): HTMLCanvasElement | null {
    return this.#canvas;
  }

  get frameTimes(): number[] {
    return this.#clock.times;
  }

  /** Puts a canvas into `container`, as large as it, until `signal` is aborted. */
  mount(container: HTMLElement, signal: AbortSignal): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.style.cssText = "display:block;position:absolute;inset:0;width:100%;height:100%;touch-action:none";
    canvas.style.userSelect = "none";
    container.append(canvas);
    this.#canvas = canvas;
    this.#container = container;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#readBackground();
    const sizes = new ResizeObserver((entries) => this.#resize(entries.at(-1)));
    observeDevicePixels(sizes, container);
    const theme = new MutationObserver(() => this.#readBackground());
    theme.observe(document.documentElement, { attributes: true });
    signal.addEventListener("abort", () => {
      sizes.disconnect();
      theme.disconnect();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      canvas.remove();
      this.#canvas = null;
      this.#context = null;
    });
    this.requestFrame();
    return canvas;
  }

  /** Device pixels for one CSS pixel. */
  get ratio(): number {
    return this.#canvas ? this.#canvas.width / this.#view.width : 1;
  }

  /** The person has not moved the view since the whole image was shown. */
  get followsFit(): boolean {
    return this.#followsFit;
  }

  /** How many tiles in view have their newest pixels, and how many there are. */
  get progress(): { done: number; all: number } {
    const scene = this.#scene;
    if (!scene) return { done: 0, all: 0 };
    const level = scene.grid.levelFor(this.#view.zoom * this.ratio);
    const wanted = scene.inView(level, boundsOf(this.#view), this.#view);
    return { done: wanted.filter(({ store, at }) => !store.needs(at)).length, all: wanted.length };
  }

  /** Shows another scene, fitted into the view; null shows nothing. */
  setScene(scene: Scene | null): void {
    this.#next = null;
    this.#scene = scene;
    this.#followsFit = true;
    if (scene) this.#view = fitted(this.#view, scene.grid);
    this.requests.want([]);
    this.requests.retryNow();
    this.requestFrame();
  }

  /**
   * Shows another scene as soon as its picture is there, or it took too long; until then the present one stays. `view`
   * is where it is to be seen, null where it is to be fitted; scenes of one size keep the view. `shown` hears of the
   * change in the moment in which it happens.
   */
  changeScene(scene: Scene, view: View | null, shown: () => void): void {
    const next = new NextScene(scene, view, shown);
    if (!this.#context || !this.#scene) {
      this.#show(next);
      return;
    }
    this.#next = next;
    setTimeout(() => this.requestFrame(), PATIENCE_MS);
    this.requestFrame();
  }

  /** The present scene stays after all. */
  keepScene(): void {
    this.#next = null;
  }

  setView(view: View): void {
    if (!this.#scene) return;
    this.#view = clamped(view, this.#scene.grid);
    this.#followsFit = false;
    this.requestFrame();
  }

  fit(): void {
    if (!this.#scene) return;
    this.#view = fitted(this.#view, this.#scene.grid);
    this.#followsFit = true;
    this.requestFrame();
  }

  setPointer(image: Point | null): void {
    this.#pointer = image;
  }

  /** Draws in the next frame; "preview" where the picture itself is the same. */
  requestFrame(what: "picture" | "preview" = "picture"): void {
    if (what === "picture") this.#changed = true;
    if (this.#frame !== 0 || !this.#canvas) return;
    this.#clock.request(performance.now());
    this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  /** Fetches what the view lacks without waiting for the next frame: something arrived on the server. */
  fetchNow(): void {
    if (this.#scene && !this.#next) this.#want(this.#scene, []);
    this.requestFrame();
  }

  #want(scene: Scene, urgent: readonly WantedTile[]): void {
    const level = scene.grid.levelFor(this.#view.zoom * this.ratio);
    const wanted = scene.wanted(level, boundsOf(this.#view), this.#view, this.#pointer);
    this.requests.want([...urgent, ...wanted, ...this.#hooks.ahead()]);
  }

  #draw(now: number): void {
    this.#frame = 0;
    const wantsMore = this.#hooks.frame(this.#clock.begin(now));
    this.#paint();
    if (wantsMore) this.requestFrame();
  }

  get #place(): Place {
    return { view: this.#view, followsFit: this.#followsFit };
  }

  #show(next: NextScene): void {
    const place = next.placeAfter(this.#scene, this.#place);
    this.#next = null;
    this.#scene = next.scene;
    this.#view = place.view;
    this.#followsFit = place.followsFit;
    this.requests.retryNow();
    next.shown();
    this.requestFrame();
  }

  /** Composes the picture of the scene that is to come, and shows it when it is there. */
  #prepareNext(): WantedTile[] {
    const next = this.#next;
    if (!next) return [];
    const { view } = next.placeAfter(this.#scene, this.#place);
    const isReady = next.prepare(view, this.ratio, performance.now() + COMPOSE_MS, () => this.requestFrame());
    if (isReady || performance.now() > next.until) {
      this.#show(next);
      return [];
    }
    return next.wanted(view, this.ratio);
  }

  #paint(): void {
    const context = this.#context;
    if (!context) return;
    const urgent = this.#prepareNext();
    const hasChanged = this.#changed;
    this.#changed = false;
    const { ratio } = this;
    if (hasChanged) this.#hooks.picture();
    if (this.#scene) {
      const scene = this.#scene;
      scene.followDrawing();
      paintScene(context, scene, this.#view, {
        ratio,
        background: this.#background,
        deadline: performance.now() + COMPOSE_MS,
        late: () => this.requestFrame(),
      });
      this.#want(scene, urgent);
    } else {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = this.#background;
      context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#hooks.preview(context);
    if (hasChanged) this.#hooks.drawn();
  }

  #resize(entry: ResizeObserverEntry | undefined): void {
    if (!this.#canvas || !entry) return;
    const { width, height } = entry.contentRect;
    if (width === 0 || height === 0) return;
    const device = entry.devicePixelContentBoxSize?.[0];
    this.#canvas.width = device?.inlineSize ?? Math.round(width * window.devicePixelRatio);
    this.#canvas.height = device?.blockSize ?? Math.round(height * window.devicePixelRatio);
    const image = this.#scene?.grid;
    if (image) {
      this.#view = this.#followsFit ? fitted({ width, height }, image) : resized(this.#view, { width, height }, image);
    } else {
      this.#view = { ...this.#view, width, height };
    }
    // Setting the size has emptied the canvas; it is drawn again before anybody sees it.
    this.#changed = true;
    this.#paint();
  }

  #readBackground(): void {
    for (let element = this.#container; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (colour === "" || colour === "transparent" || colour === "rgba(0, 0, 0, 0)") continue;
      this.#background = colour;
      break;
    }
    this.requestFrame();
  }
}

/** Hears of sizes in whole device pixels where the browser can tell them, so that none is smeared over two. */
function observeDevicePixels(observer: ResizeObserver, element: Element): void {
  try {
    observer.observe(element, { box: "device-pixel-content-box" });
  } catch (failure) {
    if (!(failure instanceof TypeError)) throw failure;
    observer.observe(element);
  }
}
