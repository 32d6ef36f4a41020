import { describe, expect, it } from "vitest";
import { choiceOf, choose, movedBy, NOTHING_CHOSEN, rowNamed } from "./selection";

const any = (): boolean => true;
const rows = (selection: { chosen: ReadonlySet<number> }): number[] => [...selection.chosen].sort();

describe("choosing rows", () => {
  it("is by clicks, Ctrl and Shift as elsewhere", () => {
    let selection = choose(NOTHING_CHOSEN, 3, "only", any);
    selection = choose(selection, 5, "toggle", any);
    expect(rows(selection)).toEqual([3, 5]);
    selection = choose(selection, 8, "range", any);
    expect(rows(selection)).toEqual([5, 6, 7, 8]);
    selection = choose(selection, 4, "range", any);
    expect(rows(selection)).toEqual([4, 5]);
    expect(rows(choose(selection, 4, "toggle", any))).toEqual([5]);
  });

  it("leaves out rows that only lead elsewhere", () => {
    const even = (row: number): boolean => row % 2 === 0;
    expect(rows(choose(NOTHING_CHOSEN, 4, "range", even))).toEqual([0, 2, 4]);
    expect(choose(NOTHING_CHOSEN, 1, "only", even)).toMatchObject({ active: 1, chosen: new Set() });
  });

  it("knows the keys that are held", () => {
    const keys = { shiftKey: false, ctrlKey: false, metaKey: false };
    expect(choiceOf(keys)).toBe("only");
    expect(choiceOf({ ...keys, metaKey: true })).toBe("toggle");
    expect(choiceOf({ ...keys, shiftKey: true })).toBe("range");
  });
});

describe("moving by keys", () => {
  it("stays in the list", () => {
    expect(movedBy("ArrowDown", 4, 5, 10)).toBe(4);
    expect(movedBy("PageUp", 4, 5, 10)).toBe(0);
    expect(movedBy("End", 0, 5, 10)).toBe(4);
    expect(movedBy("a", 0, 5, 10)).toBeNull();
    expect(movedBy("ArrowDown", -1, 0, 10)).toBeNull();
    expect(movedBy("ArrowDown", -1, 5, 10)).toBe(0);
  });

  it("finds a row by the beginning of its name", () => {
    const names = ["alpha", "beta", "Bravo", "gamma"];
    expect(rowNamed(names, 0, "b")).toBe(1);
    expect(rowNamed(names, 1, "b")).toBe(2);
    expect(rowNamed(names, 2, "b")).toBe(1);
    expect(rowNamed(names, 1, "be")).toBe(1);
    expect(rowNamed(names, 1, "br")).toBe(2);
    expect(rowNamed(names, 0, "x")).toBeNull();
    expect(rowNamed(names, -1, "a")).toBe(0);
  });
});
