import { describe, expect, it } from "vitest";
import { eraseRule, keepOnlyRule, paintRule } from "./rules";

const locked = new Set([3]);
const outcome = (rule: Uint8Array): number[] => [0, 1, 2, 3].map((old) => rule[old] as number);

describe("rules", () => {
  it("let the oldest label win", () => {
    expect(outcome(paintRule(2, false, locked))).toEqual([2, 1, 2, 3]);
  });

  it("overwrite all but locked classes", () => {
    expect(outcome(paintRule(2, true, locked))).toEqual([2, 2, 2, 3]);
  });

  it("let a locked class grow over unlabelled pixels", () => {
    expect(outcome(paintRule(3, false, locked))).toEqual([3, 1, 2, 3]);
  });

  it("erase one class only", () => {
    expect(outcome(eraseRule(1, locked))).toEqual([0, 0, 2, 3]);
  });

  it("erase all classes but locked ones", () => {
    expect(outcome(eraseRule(null, locked))).toEqual([0, 0, 0, 3]);
    expect(outcome(eraseRule(3, locked))).toEqual([0, 1, 2, 3]);
  });

  it("clear the labels of classes that are gone", () => {
    expect(outcome(keepOnlyRule(new Set([1, 3])))).toEqual([0, 1, 0, 3]);
  });
});
