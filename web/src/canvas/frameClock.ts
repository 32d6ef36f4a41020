// Times between frames that follow each other, for motion and for benchmarks.

const KEPT = 1200;
/** A frame that was asked for later than this after the one before begins a new motion. */
const PAUSE_MS = 34;
const USUAL_MS = 16;

export class FrameClock {
  #last = Number.NEGATIVE_INFINITY;
  #requested = 0;
  #times: number[] = [];

  /** Somebody asks for a frame. */
  request(now: number): void {
    this.#requested = now;
  }

  /** A frame begins; returns the milliseconds since the one before, or a usual time where a motion begins. */
  begin(now: number): number {
    const continues = this.#requested - this.#last <= PAUSE_MS;
    const time = continues ? now - this.#last : USUAL_MS;
    this.#last = now;
    if (continues) this.#times.push(time);
    if (this.#times.length > KEPT) this.#times = this.#times.slice(-KEPT / 2);
    return time;
  }

  get times(): number[] {
    return [...this.#times];
  }
}
