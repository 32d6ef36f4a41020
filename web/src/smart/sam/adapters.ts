// How decoders of the three interfaces are asked, and what of their answer counts; names are those of the ONNX files.

import { type Container, ContainerError } from "../container";
import type { Prompt } from "../suggestion";
import { cornersOf, type Frame, labelledPoints, maskSideOf, pointsOf, pointsOfBox } from "./frame";

export type SamKind = "sam1" | "sam1_tjs" | "sam2";

/** An input of a decoder. */
export type Input =
  | { type: "float32"; dims: readonly number[]; values: Float32Array }
  | { type: "int64"; dims: readonly number[]; values: BigInt64Array };

export interface Output {
  dims: readonly number[];
  values: Float32Array;
}

export interface Adapter {
  /** What the encoder gives and the decoder takes. */
  embeddings: readonly string[];
  /** Names of the outputs: masks, estimates. */
  outputs: readonly [string, string];
  inputs(frame: Frame, prompt: Prompt): Record<string, Input>;
}

const floats = (dims: readonly number[], values: readonly number[]): Input => ({
  type: "float32",
  dims,
  values: Float32Array.from(values),
});

const wholes = (dims: readonly number[], values: readonly number[]): Input => ({
  type: "int64",
  dims,
  values: BigInt64Array.from(values, BigInt),
});

export const ADAPTERS: Readonly<Record<SamKind, Adapter>> = {
  sam1: {
    embeddings: ["image_embeddings"],
    outputs: ["low_res_masks", "iou_predictions"],
    inputs: (frame, prompt) => {
      const { places, meanings } = labelledPoints(frame, prompt);
      const side = maskSideOf(frame);
      return {
        point_coords: floats([1, meanings.length, 2], places),
        point_labels: floats([1, meanings.length], meanings),
        mask_input: { type: "float32", dims: [1, 1, side, side], values: new Float32Array(side * side) },
        has_mask_input: floats([1], [0]),
        // Decoders that enlarge masks by themselves take this size; what they enlarge is not used.
        orig_im_size: floats([2], [16, 16]),
      };
    },
  },
  sam1_tjs: {
    embeddings: ["image_embeddings", "image_positional_embeddings"],
    outputs: ["pred_masks", "iou_scores"],
    inputs: (frame, prompt) => {
      const { places, meanings } = pointsOf(frame, pointsOfBox(prompt));
      return {
        input_points: floats([1, 1, meanings.length, 2], places),
        input_labels: wholes([1, 1, meanings.length], meanings),
      };
    },
  },
  sam2: {
    embeddings: ["image_embeddings.0", "image_embeddings.1", "image_embeddings.2"],
    outputs: ["pred_masks", "iou_scores"],
    inputs: (frame, prompt) => {
      const { places, meanings } = pointsOf(frame, prompt.points);
      return {
        input_points: floats([1, 1, meanings.length, 2], places),
        input_labels: wholes([1, 1, meanings.length], meanings),
        input_boxes: prompt.box ? floats([1, 1, 4], cornersOf(frame, prompt.box)) : floats([1, 0, 4], []),
      };
    },
  },
};

export function samKindOf({ meta }: Container): SamKind {
  const { kind } = meta;
  if (kind === "sam1" || kind === "sam1_tjs" || kind === "sam2") return kind;
  throw new ContainerError(`its kind is ${String(kind)}`);
}

/** The last three masks and estimates of a prompt: models put one for all scales together before them. */
export function lastThree(masks: Output, estimates: Output, frame: Frame): [Float32Array, Float32Array] {
  const side = maskSideOf(frame);
  const count = masks.dims.at(-3) ?? 0;
  if (count < 3 || masks.values.length !== count * side * side || estimates.values.length !== count) {
    throw new Error(`The decoder gave masks of the shape ${masks.dims.join(" × ")}; three or four were expected.`);
  }
  return [masks.values.slice((count - 3) * side * side), estimates.values.slice(count - 3)];
}
