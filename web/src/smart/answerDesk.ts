// What the worker does with what it hears: keeps prepared views and their labels, and answers questions in order.

import type { Answerer, Taken } from "./answerer";
import { type Container, unpackArrays } from "./container";
import type { Mask } from "./mask";
import { outlineOf } from "./outline";
import type { FromWorker, LabelPart, Question, ToWorker, ViewSource } from "./protocol";
import { type SuggestedRegion, scaleShown } from "./suggestion";
import { ViewLabels } from "./viewLabels";

export interface DeskHooks {
  /** Makes what answers for a view out of what the server prepared. Throws where it is not understood. */
  read(container: Container, source: ViewSource): Answerer;
  /** A picture of the mask, and of its border where lines are given; null where this place cannot draw. */
  picture(mask: Mask, colour: number, border: Int32Array | null): ImageBitmap | null;
  send(message: FromWorker, transfer: Transferable[]): void;
}

interface KeptView {
  answerer: Answerer;
  labels: ViewLabels | null;
}

/** Outlines of more lines than this take the page too long to draw: they become part of the picture. */
const MOST_LINES = 3000;

export class AnswerDesk {
  readonly #hooks: DeskHooks;
  readonly #views = new Map<number, KeptView>();
  /** What makes the last answer what it was: the same again needs not be sent. */
  #last = "";

  constructor(hooks: DeskHooks) {
    this.#hooks = hooks;
  }

  async hear(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case "view":
        this.#keep(message.key, message.content, message.source);
        return;
      case "forget":
        this.#views.delete(message.key);
        return;
      case "labels":
        this.#putLabels(message.key, message.part);
        return;
      case "warm":
        return;
      case "ask":
        await this.#answer(message.question);
        return;
    }
  }

  #keep(key: number, content: ArrayBuffer, source: ViewSource): void {
    try {
      this.#views.set(key, { answerer: this.#hooks.read(unpackArrays(content), source), labels: null });
    } catch (failure) {
      this.#complain(key, failure);
    }
  }

  #putLabels(key: number, part: LabelPart): void {
    const view = this.#views.get(key);
    if (!view) return;
    view.labels ??= new ViewLabels(view.answerer.height, view.answerer.width);
    view.labels.put(part);
  }

  async #answer({ serial, key, prompt, scale: choice, blocked, colour }: Question): Promise<void> {
    const view = this.#views.get(key);
    if (!view) {
      this.#hooks.send({ kind: "broken", key, message: "The view is not there any more." }, []);
      return;
    }
    try {
      const taken: Taken | null = view.labels && { labels: view.labels, blocked };
      const masks = await view.answerer.answer(prompt, taken);
      const { scores } = masks;
      const scale = scaleShown(choice, scores);
      const version = view.labels?.version ?? 0;
      const identity = masks.identity && [key, scale, colour, version, blocked.join(""), masks.identity].join(" ");
      if (identity !== null && identity === this.#last) {
        this.#hooks.send({ kind: "answer", answer: { serial, key, scores, scale, region: "same" } }, []);
        return;
      }
      this.#last = identity ?? "";
      const whole = masks.mask(scale);
      const mask = taken ? taken.labels.cut(whole, blocked) : whole;
      const region = this.#regionOf(mask, colour);
      const transfer: Transferable[] = [mask.runs.buffer, region.outline.buffer];
      if (region.picture) transfer.push(region.picture);
      this.#hooks.send({ kind: "answer", answer: { serial, key, scores, scale, region } }, transfer);
    } catch (failure) {
      this.#complain(key, failure);
    }
  }

  #regionOf(mask: Mask, colour: number): SuggestedRegion {
    const lines = outlineOf(mask);
    const isSimple = lines.length <= 4 * MOST_LINES;
    return {
      mask,
      outline: isSimple ? lines : new Int32Array(0),
      picture: this.#hooks.picture(mask, colour, isSimple ? null : lines),
    };
  }

  #complain(key: number, failure: unknown): void {
    const message = failure instanceof Error ? failure.message : String(failure);
    this.#hooks.send({ kind: "broken", key, message }, []);
  }
}
