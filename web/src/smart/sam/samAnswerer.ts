// Answers prompts over a view that a Segment Anything model encoded: decodes here or on the server, whichever is quicker.

import type { Answerer, ThreeMasks } from "../answerer";
import { arrayOf, type Container } from "../container";
import type { Prompt, Scale } from "../suggestion";
import { ADAPTERS, type Adapter, type Input, lastThree, type Output, samKindOf } from "./adapters";
import { type Frame, frameOf, maskOfLogits, maskSideOf, orderByArea, scoresOf } from "./frame";
import type { QuickerWay } from "./quickerWay";

/** Three masks' logits and scores, small to large. */
export interface Decoded {
  logits: Float32Array;
  scores: readonly number[];
}

export interface DecodingWays {
  quicker: QuickerWay;
  /** Runs the model's decoder in this worker. */
  run(model: string, inputs: Record<string, Input>, outputs: readonly string[]): Promise<Output[]>;
  /** Lets the server decode, which answers with a container of `logits` and `scores`. */
  askServer(prompt: Prompt): Promise<Container>;
}

export class SamAnswerer implements Answerer {
  readonly #frame: Frame;
  readonly #adapter: Adapter;
  readonly #model: string;
  readonly #embeddings: Record<string, Input> = {};
  readonly #ways: DecodingWays;
  #last: { prompt: string; decoded: Decoded } | null = null;

  constructor(container: Container, ways: DecodingWays) {
    this.#frame = frameOf(container);
    this.#adapter = ADAPTERS[samKindOf(container)];
    this.#model = String(container.meta.model);
    this.#ways = ways;
    for (const name of this.#adapter.embeddings) {
      const { shape, values } = arrayOf(container, name, ["float32"], container.arrays.get(name)?.shape.length ?? 4);
      this.#embeddings[name] = { type: "float32", dims: shape, values };
    }
  }

  get height(): number {
    return this.#frame.height;
  }

  get width(): number {
    return this.#frame.width;
  }

  async answer(prompt: Prompt): Promise<ThreeMasks> {
    const text = JSON.stringify(prompt);
    // Another scale, class or labels of the same prompt need no decoding.
    const decoded = this.#last?.prompt === text ? this.#last.decoded : await this.#decode(prompt);
    this.#last = { prompt: text, decoded };
    const size = maskSideOf(this.#frame) ** 2;
    return {
      scores: decoded.scores,
      identity: text,
      mask: (scale: Scale) => maskOfLogits(decoded.logits.subarray(scale * size, (scale + 1) * size), this.#frame),
    };
  }

  async #decode(prompt: Prompt): Promise<Decoded> {
    const { quicker } = this.#ways;
    let reason: unknown = new Error("The model cannot be run.");
    for (let way = quicker.next; way; way = quicker.next) {
      const began = performance.now();
      try {
        const decoded = await (way === "here" ? this.#decodeHere(prompt) : this.#decodeOnServer(prompt));
        quicker.took(way, performance.now() - began);
        return decoded;
      } catch (failure) {
        reason = failure;
        quicker.failed(way);
      }
    }
    throw reason;
  }

  async #decodeHere(prompt: Prompt): Promise<Decoded> {
    const { inputs, outputs } = this.#adapter;
    const given = { ...inputs(this.#frame, prompt), ...this.#embeddings };
    const [masks, estimates] = await this.#ways.run(this.#model, given, outputs);
    if (!masks || !estimates) throw new Error("The decoder gave no masks.");
    const [logits, three] = lastThree(masks, estimates, this.#frame);
    const order = orderByArea(logits, this.#frame);
    const size = maskSideOf(this.#frame) ** 2;
    const sorted = new Float32Array(logits.length);
    order.forEach((number, place) => {
      sorted.set(logits.subarray(number * size, (number + 1) * size), place * size);
    });
    const scores = scoresOf(three);
    return { logits: sorted, scores: order.map((number) => scores[number] as number) };
  }

  async #decodeOnServer(prompt: Prompt): Promise<Decoded> {
    const container = await this.#ways.askServer(prompt);
    const scores = arrayOf(container, "scores", ["float32"], 1).values;
    return { logits: arrayOf(container, "logits", ["float32"], 3).values, scores: Array.from(scores) };
  }
}
