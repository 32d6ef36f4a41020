import { describe, expect, it } from "vitest";
import type { CleaningStep } from "../api/cleaning";
import { kindOf, movedStep, newStep, realSize, sameSteps, stepsText, stepWords, toggledClass } from "./steps";

const holes: CleaningStep = { kind: "fill_holes", size: 1200, classes: [] };
const specks: CleaningStep = { kind: "remove_small", size: 50, classes: [2, 3] };
const borders: CleaningStep = { kind: "majority", size: 2, classes: [] };

describe("steps of cleaning", () => {
  it("are written as the command line reads them", () => {
    expect(stepsText([holes, specks, borders])).toBe("fill_holes:1200,remove_small:50:2+3,majority:2");
    expect(stepsText([])).toBe("");
    expect(sameSteps([holes], [{ ...holes }])).toBe(true);
    expect(sameSteps([holes, borders], [borders, holes])).toBe(false);
  });

  it("move to another place, and never out of the list", () => {
    expect(movedStep([holes, specks, borders], 0, 2)).toEqual([specks, borders, holes]);
    expect(movedStep([holes, specks, borders], 2, 1)).toEqual([holes, borders, specks]);
    expect(movedStep([holes, specks], 0, -1)).toEqual([holes, specks]);
    expect(movedStep([holes, specks], 1, 2)).toEqual([holes, specks]);
  });

  it("are for chosen classes, or for all where none or all are chosen", () => {
    const all = [1, 2, 3];
    expect(toggledClass(borders, 3, all).classes).toEqual([3]);
    expect(toggledClass({ ...borders, classes: [3] }, 1, all).classes).toEqual([1, 3]);
    expect(toggledClass({ ...borders, classes: [3] }, 3, all).classes).toEqual([]);
    expect(toggledClass({ ...borders, classes: [1, 3] }, 2, all).classes).toEqual([]);
    expect(toggledClass({ ...borders, classes: [1, 9] }, 2, all).classes).toEqual([1, 2]);
  });

  it("tell what their size is on the material", () => {
    const pixel = { x_um: 0.05, y_um: 0.05 };
    expect(realSize(specks, pixel)).toBe("≈ 0.125 µm²");
    expect(realSize({ ...specks, size: 400 }, pixel)).toBe("≈ 1 µm²");
    expect(realSize({ ...specks, size: 2 }, pixel)).toBe("≈ 5000 nm²");
    expect(realSize(borders, pixel)).toBe("≈ 100 nm");
    expect(realSize(borders, { x_um: 0.5, y_um: 2 })).toBe("≈ 2 µm");
    expect(realSize(borders, null)).toBeNull();
  });

  it("are told as parts of a sentence, with the names of their classes", () => {
    const nameOf = (id: number): string => ["", "Steel", "Pores", "Carbides"][id] ?? "";
    expect([holes, specks, borders].map((step) => stepWords(step, nameOf))).toEqual([
      "holes up to 1,200 px filled",
      "regions under 50 px removed (Pores, Carbides)",
      "borders smoothed within 2 px",
    ]);
  });

  it("begin with a size that their kind allows", () => {
    for (const kind of ["fill_holes", "remove_small", "majority"] as const) {
      const { size, classes } = newStep(kind);
      expect(size).toBeGreaterThan(0);
      expect(size).toBeLessThanOrEqual(kindOf(kind).largest);
      expect(classes).toEqual([]);
    }
  });
});
