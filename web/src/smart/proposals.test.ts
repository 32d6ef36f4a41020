import { describe, expect, it } from "vitest";
import { packArrays } from "../testing/containers";
import { unpackArrays } from "./container";
import { joined, Proposals, readProposals } from "./proposals";

const VIEW = { level: 1, top: 10, left: 20, bottom: 110, right: 120 };

/** Two regions: 3 × 3 px without the middle at (2, 4), 2 × 5 px at (50, 60). */
function container(starts = [0, 2, 4]): ArrayBuffer {
  return packArrays({ kind: "similar", regions: 2 }, [
    { name: "box", dtype: "uint16", shape: [2, 4], values: Uint16Array.of(2, 4, 5, 7, 50, 60, 52, 65) },
    { name: "similarity", dtype: "float32", shape: [2], values: Float32Array.of(0.75, 0.25) },
    { name: "bits_start", dtype: "uint32", shape: [starts.length], values: Uint32Array.from(starts) },
    { name: "bits", dtype: "uint8", shape: [4], values: Uint8Array.of(0b11101111, 1, 0xff, 0b11) },
  ]);
}

const read = (): Proposals => new Proposals(VIEW, 1, readProposals(unpackArrays(container())), 0.5);

describe("proposals", () => {
  it("are read from packed bits", () => {
    const [first, second] = read().all;
    expect([...(first?.mask.runs ?? [])]).toEqual([2, 4, 7, 3, 4, 5, 3, 6, 7, 4, 4, 7]);
    expect(second).toMatchObject({ similarity: 0.25, mask: { area: 10, top: 50, left: 60 } });
    expect(() => readProposals(unpackArrays(container([0, 2])))).toThrow("differ in length");
  });

  it("are as many as the threshold lets through", () => {
    const proposals = read();
    expect([proposals.accepted.length, proposals.withThreshold(0.2).accepted.length, proposals.lowest]).toEqual([
      1, 2, 0.25,
    ]);
  });

  it("are left out by a click, and taken in again by another one", () => {
    const proposals = read();
    const [y, x] = [2 * (10 + 3), 2 * (20 + 4)];
    const without = proposals.toggledAt(y, x);
    expect([without?.accepted.length, without?.pruned.length]).toEqual([0, 1]);
    expect(without?.toggledAt(y, x)?.accepted).toHaveLength(1);
    expect(proposals.toggledAt(y, x + 2)).toBeNull();
    expect(proposals.toggledAt(2 * (10 + 50), 2 * (20 + 60))).toBeNull();
  });

  it("become one mask, in order", () => {
    const all = read().withThreshold(0).accepted.toReversed();
    expect(joined(all)).toMatchObject({ area: 18, top: 2, left: 4, bottom: 52, right: 65 });
    expect([...joined(all).runs.slice(0, 3)]).toEqual([2, 4, 7]);
  });
});
