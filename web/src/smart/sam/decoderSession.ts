// Runs a model's decoder in this worker by ONNX Runtime, compiled to WebAssembly; on several threads where that is allowed.

import glueAddress from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmAddress from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { fetchDecoder } from "../../api/suggestions";
import type { Input, Output } from "./adapters";

const MOST_THREADS = 4;

env.wasm.wasmPaths = { mjs: glueAddress, wasm: wasmAddress };
env.wasm.proxy = false;
// One core stays free for the page itself.
env.wasm.numThreads = globalThis.crossOriginIsolated
  ? Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency - 1))
  : 1;

const sessions = new Map<string, Promise<InferenceSession>>();

/** The decoder of a model, loaded once; one that could not be loaded is tried again the next time. */
export function loadDecoder(model: string): Promise<InferenceSession> {
  const known = sessions.get(model);
  if (known) return known;
  const session = fetchDecoder(model).then((content) =>
    InferenceSession.create(new Uint8Array(content), { graphOptimizationLevel: "all" }),
  );
  sessions.set(model, session);
  session.catch(() => sessions.delete(model));
  return session;
}

/** Runs a decoder; inputs that it does not take are left out. */
export async function runDecoder(
  model: string,
  inputs: Record<string, Input>,
  outputs: readonly string[],
): Promise<Output[]> {
  const session = await loadDecoder(model);
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const input = inputs[name];
    if (!input) throw new Error(`The decoder wants an input ${name} that is not known.`);
    feeds[name] =
      input.type === "int64"
        ? new Tensor("int64", input.values, input.dims)
        : new Tensor("float32", input.values, input.dims);
  }
  const answer = await session.run(feeds, [...outputs]);
  return outputs.map((name) => {
    const tensor = answer[name];
    if (!(tensor?.data instanceof Float32Array)) throw new Error(`The decoder gave no ${name}.`);
    return { dims: tensor.dims, values: tensor.data };
  });
}
