import { describe, expect, it } from "vitest";
import { packArrays } from "../testing/containers";
import { arrayOf, ContainerError, unpackArrays, wholeNumberOf } from "./container";

describe("container", () => {
  const packed = (): ArrayBuffer =>
    packArrays({ kind: "hierarchy", width: 3 }, [
      { name: "a", dtype: "uint8", shape: [3], values: Uint8Array.of(1, 2, 3) },
      { name: "b", dtype: "float32", shape: [1, 2], values: Float32Array.of(0.5, -2) },
    ]);

  it("gives back meta data and arrays", () => {
    const container = unpackArrays(packed());
    expect(container.meta).toEqual({ kind: "hierarchy", width: 3 });
    expect([...arrayOf(container, "a", ["uint8"], 1).values]).toEqual([1, 2, 3]);
    expect(arrayOf(container, "b", ["float32"], 2)).toMatchObject({ shape: [1, 2], values: Float32Array.of(0.5, -2) });
    expect(wholeNumberOf(container, "width")).toBe(3);
  });

  it("names what is missing or of another kind", () => {
    const container = unpackArrays(packed());
    expect(() => arrayOf(container, "c", ["uint8"], 1)).toThrow("no array c");
    expect(() => arrayOf(container, "a", ["uint16"], 1)).toThrow("the type uint16");
    expect(() => arrayOf(container, "a", ["uint8"], 2)).toThrow("of 2 axes");
    expect(() => wholeNumberOf(container, "kind")).toThrow("its kind is hierarchy");
  });

  it("refuses bytes that are cut off or something else", () => {
    const whole = packed();
    expect(() => unpackArrays(new ArrayBuffer(3))).toThrow(ContainerError);
    expect(() => unpackArrays(new TextEncoder().encode("<!doctype html>").buffer)).toThrow("SBA1");
    for (let length = 8; length < whole.byteLength - 8; length += 5) {
      expect(() => unpackArrays(whole.slice(0, length))).toThrow(ContainerError);
    }
  });

  it("refuses arrays of types that it does not know", () => {
    const strange = packArrays({}, [{ name: "a", dtype: "float64", shape: [1], values: new Float64Array(1) }]);
    expect(() => unpackArrays(strange)).toThrow("float64");
  });
});
