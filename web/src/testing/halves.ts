// A prepared view whose left and right halves are the two regions of one tree, and a worker that answers for it.

import { AnswerDesk } from "../smart/answerDesk";
import { HierarchyAnswerer } from "../smart/hierarchyAnswerer";
import { readHierarchyTable } from "../smart/hierarchyTable";
import type { FromWorker, ToWorker } from "../smart/protocol";
import type { WorkerLike } from "../smart/suggestionClient";
import { packArrays } from "./containers";

/** Nodes: left half, right half, all of it. */
export function halvesContainer(width: number, height: number, learned = false): ArrayBuffer {
  const middle = Math.floor(width / 2);
  const regions = Uint16Array.from({ length: width * height }, (_, at) => (at % width < middle ? 0 : 1));
  const areas = [middle * height, (width - middle) * height] as const;
  const meta = { kind: "hierarchy", model: "builtin", height, width, learned };
  const row = (name: string, dtype: string, shape: number[], values: Uint8Array | Uint16Array | Uint32Array) => ({
    name,
    dtype,
    shape,
    values,
  });
  return packArrays(meta, [
    row("regions", "uint16", [height, width], regions),
    row("region_area", "uint32", [2], Uint32Array.from(areas)),
    row("positions", "uint32", [1, 2], Uint32Array.of(0, 1)),
    { name: "first_node", dtype: "int32", shape: [1, 2], values: Int32Array.of(0, 1) },
    row("node_tree", "uint8", [3], new Uint8Array(3)),
    row("node_low", "uint32", [3], Uint32Array.of(0, 1, 0)),
    row("node_high", "uint32", [3], Uint32Array.of(1, 2, 2)),
    { name: "node_parent", dtype: "int32", shape: [3], values: Int32Array.of(2, 2, -1) },
    row("node_area", "uint32", [3], Uint32Array.of(areas[0], areas[1], width * height)),
    row(
      "node_box",
      "uint16",
      [3, 4],
      Uint16Array.of(0, 0, height, middle, 0, middle, height, width, 0, 0, height, width),
    ),
    { name: "node_score", dtype: "float32", shape: [3], values: Float32Array.of(0.9, 0.9, 0.7) },
  ]);
}

/** Stands in for the browser's Worker: the same desk, in the same thread. */
export class DeskWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  readonly #desk = new AnswerDesk({
    read: (container) => new HierarchyAnswerer(readHierarchyTable(container)),
    picture: () => null,
    send: (data) => void Promise.resolve().then(() => this.onmessage?.({ data } as MessageEvent<FromWorker>)),
  });

  postMessage(message: ToWorker): void {
    void this.#desk.hear(message);
  }

  terminate(): void {}
}
