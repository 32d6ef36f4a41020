// Keys that move the image while they are held, and Space, which makes a drag move it.

import { bindingOf, type KeyId, type KeyPress } from "../tools/keys";

const DIRECTIONS: Partial<Record<KeyId, readonly [number, number]>> = {
  panUp: [0, -1],
  panLeft: [-1, 0],
  panDown: [0, 1],
  panRight: [1, 0],
};
const SPEED_PX_PER_S = 1100;
/** A short press moves at least this far. */
const FIRST_STEP_PX = 24;

export class HeldKeys {
  #held = new Set<KeyId>();

  /** True where the key is one that is held; `moved` hears of the first step. */
  press(press: KeyPress, moved: (dx: number, dy: number) => void): boolean {
    const id = bindingOf(press)?.id;
    if (id === undefined || (id !== "holdPan" && !DIRECTIONS[id])) return false;
    const direction = DIRECTIONS[id];
    if (direction && !this.#held.has(id)) moved(direction[0] * FIRST_STEP_PX, direction[1] * FIRST_STEP_PX);
    this.#held.add(id);
    return true;
  }

  release(press: KeyPress): void {
    const id = bindingOf(press)?.id;
    if (id) this.#held.delete(id);
    // With Ctrl or Alt down, the letter of the release means something else, or nothing.
    else this.#held.clear();
  }

  releaseAll(): void {
    this.#held.clear();
  }

  get isPanHeld(): boolean {
    return this.#held.has("holdPan");
  }

  /** Distance on the screen to move in so many milliseconds; null where no key is held. */
  distance(milliseconds: number): { dx: number; dy: number } | null {
    let [dx, dy] = [0, 0];
    let isMoving = false;
    for (const id of this.#held) {
      const direction = DIRECTIONS[id];
      if (!direction) continue;
      isMoving = true;
      dx += direction[0];
      dy += direction[1];
    }
    const step = (SPEED_PX_PER_S * Math.min(milliseconds, 100)) / 1000;
    return isMoving ? { dx: dx * step, dy: dy * step } : null;
  }
}
