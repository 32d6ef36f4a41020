// The page's side of a worker that answers prompts: one question at a time, the newest wins, stale answers are dropped.

import type { Answer, FromWorker, LabelPart, Question, ToWorker, ViewSource } from "./protocol";

/** What of a Worker is used; tests stand in for it. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  terminate(): void;
}

export interface ClientHooks {
  answered(answer: Answer): void;
  /** A view cannot be read or asked. */
  broken(key: number, message: string): void;
}

export class SuggestionClient {
  readonly #worker: WorkerLike;
  #asked: Question | null = null;
  #waiting: Question | null = null;

  constructor(worker: WorkerLike, hooks: ClientHooks) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      switch (data.kind) {
        case "answer":
          this.#next();
          hooks.answered(data.answer);
          return;
        case "broken":
          if (this.#asked?.key === data.key) this.#next();
          hooks.broken(data.key, data.message);
          return;
      }
    };
  }

  close(): void {
    this.#worker.onmessage = null;
    this.#worker.terminate();
  }

  keep(key: number, content: ArrayBuffer, source: ViewSource): void {
    this.#worker.postMessage({ kind: "view", key, content, source }, [content]);
  }

  /** A view of that model is going to come. */
  warm(model: string): void {
    this.#worker.postMessage({ kind: "warm", model }, []);
  }

  forget(key: number): void {
    this.#worker.postMessage({ kind: "forget", key }, []);
  }

  putLabels(key: number, part: LabelPart): void {
    this.#worker.postMessage({ kind: "labels", key, part }, [part.classes.buffer]);
  }

  ask(question: Question): void {
    if (this.#asked) {
      this.#waiting = question;
      return;
    }
    this.#asked = question;
    this.#worker.postMessage({ kind: "ask", question }, []);
  }

  #next(): void {
    this.#asked = null;
    const next = this.#waiting;
    this.#waiting = null;
    if (next) this.ask(next);
  }
}
