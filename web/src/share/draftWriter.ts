// Keeps what is written in a draft on the server: a moment after the last change, one request at a time, the newest
// text last. What the server refuses stays on the page, and is tried again with the next change.

import { ApiError } from "../api/error";

export type Keeping = { state: "kept" } | { state: "keeping" } | { state: "refused"; message: string };

const WAIT_MS = 600;

export class DraftWriter<Text, Answer> {
  readonly #send: (text: Text) => Promise<Answer>;
  readonly #heard: (answer: Answer) => void;
  readonly #tell: (keeping: Keeping) => void;
  #waiting: { text: Text } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void> | null = null;
  #refused = false;

  constructor(
    send: (text: Text) => Promise<Answer>,
    hear: { answer: (answer: Answer) => void; keeping: (keeping: Keeping) => void },
  ) {
    this.#send = send;
    this.#heard = hear.answer;
    this.#tell = hear.keeping;
  }

  change(text: Text): void {
    this.#waiting = { text };
    this.#tell({ state: "keeping" });
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), WAIT_MS);
  }

  /** Sends what waits now; resolves to whether all that was written is on the server. */
  async flush(): Promise<boolean> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#running || this.#waiting) {
      this.#running ??= this.#sendWaiting();
      await this.#running;
    }
    return !this.#refused;
  }

  async #sendWaiting(): Promise<void> {
    const sent = this.#waiting;
    this.#waiting = null;
    try {
      if (!sent) return;
      const answer = await this.#send(sent.text);
      this.#refused = false;
      this.#heard(answer);
      if (!this.#waiting) this.#tell({ state: "kept" });
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      this.#refused = true;
      if (!this.#waiting) this.#tell({ state: "refused", message: failure.message });
    } finally {
      this.#running = null;
    }
  }
}
