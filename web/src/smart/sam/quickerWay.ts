// Which of two ways to an answer is the quicker one for this person: both are measured in turn, then the better stays.

export type Way = "here" | "server";

const TRIALS = 4;
/** The first answers of a way pay for warming it up. */
const WARM_UP = 1;

export class QuickerWay {
  readonly #times: Record<Way, number[]> = { here: [], server: [] };
  readonly #failed = new Set<Way>();

  /** The way to go now; null where none works. */
  get next(): Way | null {
    if (this.#failed.size === 2) return null;
    if (this.#failed.has("here")) return "server";
    if (this.#failed.has("server")) return "here";
    const { here, server } = this.#times;
    if (here.length < TRIALS || server.length < TRIALS) return here.length <= server.length ? "here" : "server";
    return median(here.slice(WARM_UP)) <= median(server.slice(WARM_UP)) ? "here" : "server";
  }

  took(way: Way, milliseconds: number): void {
    if (this.#times[way].length < TRIALS) this.#times[way].push(milliseconds);
  }

  /** A way does not work here. */
  failed(way: Way): void {
    this.#failed.add(way);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
