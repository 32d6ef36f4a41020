// A scene that is to take the place of the present one as soon as its picture is there, so that nothing flickers.

import type { WantedTile } from "./requestQueue";
import type { Scene } from "./scene";
import { boundsOf, fitted, type View } from "./view";

export interface Place {
  view: View;
  /** The whole scene is in view, and stays so when the screen's size changes. */
  followsFit: boolean;
}

/** The scene is shown after so many milliseconds, however much of it is missing. */
export const PATIENCE_MS = 250;
/** Before all that the present scene wants. */
const FIRST = -1e6;

export class NextScene {
  readonly scene: Scene;
  /** Hears of the moment in which it is shown. */
  readonly shown: () => void;
  /** It is shown at this time at the latest, as performance.now. */
  readonly until: number;
  readonly #view: View | null;

  /** `view` is where it is to be seen, null where it is to be fitted. */
  constructor(scene: Scene, view: View | null, shown: () => void) {
    this.scene = scene;
    this.shown = shown;
    this.#view = view;
    this.until = performance.now() + PATIENCE_MS;
  }

  /** Where it is going to be seen: scenes of one size keep the view. */
  placeAfter(before: Scene | null, { view, followsFit }: Place): Place {
    const { grid } = this.scene;
    if (before?.grid.width === grid.width && before.grid.height === grid.height) return { view, followsFit };
    const screen = { width: view.width, height: view.height };
    if (!this.#view) return { view: fitted(screen, grid), followsFit: true };
    return { view: { ...this.#view, ...screen }, followsFit: false };
  }

  wanted(view: View, ratio: number): WantedTile[] {
    const inView = this.scene.inView(this.#levelOf(view, ratio), boundsOf(view), view);
    return inView.map((tile) => ({ ...tile, priority: FIRST + tile.priority }));
  }

  /** Composes its pictures until `deadline`; true where all are there. `late` hears that some have to wait. */
  prepare(view: View, ratio: number, deadline: number, late: () => void): boolean {
    const { scene } = this;
    scene.followDrawing();
    const level = this.#levelOf(view, ratio);
    let isReady = scene.inView(level, boundsOf(view), view).every(({ store, at }) => store.peek(at) !== undefined);
    for (const at of scene.grid.tilesIn(level, boundsOf(view))) {
      scene.surface(at, deadline, () => {
        isReady = false;
        late();
      });
    }
    return isReady;
  }

  #levelOf(view: View, ratio: number): number {
    return this.scene.grid.levelFor(view.zoom * ratio);
  }
}
