// How fast a transfer is, from its last seconds: a connection that became slow or quick is not judged by its past.

const WINDOW_S = 8;
/** Below this the speed is not known well enough to say how long it takes. */
const KNOWN_AFTER_S = 1;

export class TransferRate {
  #samples: { seconds: number; bytes: number }[] = [];

  /** Says how many bytes have gone at a time in seconds; both only grow until `restart`. */
  add(seconds: number, bytes: number): void {
    this.#samples.push({ seconds, bytes });
    while (this.#samples[1] && this.#samples[1].seconds <= seconds - WINDOW_S) this.#samples.shift();
  }

  /** Forgets what was, as after a connection was lost: the wait says nothing about the speed. */
  restart(): void {
    this.#samples = [];
  }

  /** Null while it is not known yet. */
  get bytesPerSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.seconds - first.seconds < KNOWN_AFTER_S || last.bytes <= first.bytes) return null;
    return (last.bytes - first.bytes) / (last.seconds - first.seconds);
  }
}
