// Sentences for the person, each at the place that caused it.

import type { StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import type { EditorState, Notice } from "./contract";

export type Place = Notice["place"];

export class Notices {
  /** Whether a refusal is answered in front of the whole page, so that no notice tells of it. */
  readonly isToldInFront: (failure: ApiError) => boolean;
  readonly #store: StoreApi<EditorState>;
  #lastId = 0;

  constructor(store: StoreApi<EditorState>, isToldInFront: (failure: ApiError) => boolean = () => false) {
    this.#store = store;
    this.isToldInFront = isToldInFront;
  }

  /** Shows a notice and returns its id; one that is shown already is not repeated. */
  show(place: Place, kind: Notice["kind"], message: string, hint: string): number {
    const { notices } = this.#store.getState();
    const others = notices.filter((notice) => notice.place !== place || notice.message !== message);
    this.#lastId++;
    this.#store.setState({ notices: [...others, { id: this.#lastId, kind, place, message, hint }] });
    return this.#lastId;
  }

  /** Shows what a request threw; anything but an ApiError is a defect and is thrown on. */
  report(place: Place, failure: unknown): void {
    if (!(failure instanceof ApiError)) throw failure;
    if (this.isToldInFront(failure)) return;
    this.show(place, "error", failure.message, failure.hint);
  }

  dismiss(id: number): void {
    this.#store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
  }

  /** Takes away what a place said: it is being tried again. */
  clear(place: Place): void {
    const { notices } = this.#store.getState();
    if (notices.some((notice) => notice.place === place)) {
      this.#store.setState({ notices: notices.filter((notice) => notice.place !== place) });
    }
  }
}
