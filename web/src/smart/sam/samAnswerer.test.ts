import { describe, expect, it } from "vitest";
import { packArrays } from "../../testing/containers";
import { unpackArrays } from "../container";
import type { Prompt } from "../suggestion";
import type { Input, Output } from "./adapters";
import { QuickerWay } from "./quickerWay";
import { SamAnswerer } from "./samAnswerer";

const SIDE = 4;
const META = { model: "tiny", height: 16, width: 16, input_side: 16, input_height: 16, input_width: 16 };

function prepared(kind: string, names: readonly string[]) {
  const arrays = names.map((name) => ({ name, dtype: "float32", shape: [1, 2], values: Float32Array.of(1, 2) }));
  return unpackArrays(packArrays({ ...META, kind }, arrays));
}

/** Four masks: all for all scales together, then of 8, 4 and 12 values. */
function outputs(): Output[] {
  const masks = new Float32Array(4 * SIDE * SIDE).fill(-1);
  [16, 8, 4, 12].forEach((count, number) => {
    masks.fill(1, number * 16, number * 16 + count);
  });
  return [
    { dims: [1, 4, SIDE, SIDE], values: masks },
    { dims: [1, 4], values: Float32Array.of(0.9, 0.5, 0.25, 2) },
  ];
}

const CLICK: Prompt = { points: [{ y: 8, x: 4, positive: true }], box: null };

describe("answers of Segment Anything", () => {
  it("come from the last three masks, small to large", async () => {
    const asked: [string, Record<string, Input>, readonly string[]][] = [];
    const answerer = new SamAnswerer(prepared("sam1", ["image_embeddings"]), {
      quicker: onlyHere(),
      run: async (...question) => {
        asked.push(question);
        return outputs();
      },
      askServer: () => Promise.reject(new Error("not asked")),
    });
    const { scores, mask } = await answerer.answer(CLICK);
    expect(scores).toEqual([0.25, 0.5, 1]);
    expect([mask(0), mask(1), mask(2)].map(({ area }) => area / 16)).toEqual([4, 8, 12]);
    const [model, inputs, names] = asked[0] ?? ["", {}, []];
    expect([model, names]).toEqual(["tiny", ["low_res_masks", "iou_predictions"]]);
    expect(inputs.point_coords).toEqual({ type: "float32", dims: [1, 2, 2], values: Float32Array.of(3.5, 7.5, 0, 0) });
    expect(inputs.image_embeddings?.dims).toEqual([1, 2]);
  });

  it("are kept for another scale of the same prompt", async () => {
    let runs = 0;
    const answerer = new SamAnswerer(prepared("sam1", ["image_embeddings"]), {
      quicker: onlyHere(),
      run: async () => {
        runs++;
        return outputs();
      },
      askServer: () => Promise.reject(new Error("not asked")),
    });
    await answerer.answer(CLICK);
    await answerer.answer({ points: [...CLICK.points], box: null });
    await answerer.answer({ points: [], box: { top: 0, left: 0, bottom: 8, right: 8 } });
    expect(runs).toBe(2);
  });

  it("come from the server where the decoder does not run here", async () => {
    const logits = new Float32Array(48).fill(1);
    const answerer = new SamAnswerer(prepared("sam1_tjs", ["image_embeddings", "image_positional_embeddings"]), {
      quicker: new QuickerWay(),
      run: () => Promise.reject(new Error("no WebAssembly")),
      askServer: async () =>
        unpackArrays(
          packArrays({}, [
            { name: "logits", dtype: "float32", shape: [3, SIDE, SIDE], values: logits },
            { name: "scores", dtype: "float32", shape: [3], values: Float32Array.of(0.5, 0.5, 0.5) },
          ]),
        ),
    });
    expect((await answerer.answer(CLICK)).mask(0).area).toBe(256);
  });

  it("say what went wrong where neither way works", async () => {
    const answerer = new SamAnswerer(
      prepared(
        "sam2",
        [0, 1, 2].map((level) => `image_embeddings.${level}`),
      ),
      {
        quicker: new QuickerWay(),
        run: () => Promise.reject(new Error("no WebAssembly")),
        askServer: () => Promise.reject(new Error("The server is away.")),
      },
    );
    await expect(answerer.answer(CLICK)).rejects.toThrow("The server is away.");
  });

  it("need all embeddings and a kind that is known", () => {
    const ways = { quicker: onlyHere(), run: async () => outputs(), askServer: async () => prepared("sam1", []) };
    expect(() => new SamAnswerer(prepared("sam2", ["image_embeddings.0"]), ways)).toThrow("image_embeddings.1");
    expect(() => new SamAnswerer(prepared("sam9", []), ways)).toThrow("sam9");
  });
});

describe("the quicker way", () => {
  it("is found by trying both in turn, without their first answers", () => {
    const quicker = new QuickerWay();
    const times = { here: [900, 10, 11, 12], server: [1, 40, 50, 60] };
    for (let trial = 0; trial < 8; trial++) {
      const way = quicker.next ?? "here";
      quicker.took(way, times[way].shift() ?? 0);
    }
    expect([times.here, times.server, quicker.next]).toEqual([[], [], "here"]);
  });

  it("is the one that works", () => {
    const quicker = new QuickerWay();
    quicker.failed("here");
    expect(quicker.next).toBe("server");
    quicker.failed("server");
    expect(quicker.next).toBeNull();
  });
});

function onlyHere(): QuickerWay {
  const quicker = new QuickerWay();
  quicker.failed("server");
  return quicker;
}
