import { describe, expect, it } from "vitest";
import type { Project, ResultInfo } from "../state/contract";
import { initialState } from "../state/initialState";
import { lookOf, looksSame } from "./look";

const classes = () => [{ id: 1, name: "Matrix", colour: "#1f77b4", locked: false }];
const project = (): Project =>
  ({ classes: classes(), image: { tile_dtype: "uint8", channels: 1, is_rgb: false } }) as Project;
const result = (): ResultInfo => ({ id: "r", classes: classes() }) as ResultInfo;
const state = () => ({ ...initialState(), project: project(), result: result() });

describe("looks", () => {
  const before = state();

  it("stay the same when the server tells the same anew, so that nothing is composed again", () =>
    expect(looksSame({ ...before, project: project(), result: result() }, before)).toBe(true));

  it("differ by a colour, a result where there was none, and another kind of image", () => {
    const recoloured = { ...project(), classes: [{ ...classes()[0], colour: "#000000" }] } as Project;
    expect(looksSame({ ...before, project: recoloured }, before)).toBe(false);
    expect(looksSame({ ...before, result: null }, before)).toBe(false);
    const deeper = { ...project(), image: { ...project().image, tile_dtype: "uint16" } } as Project;
    expect(looksSame({ ...before, project: deeper }, before)).toBe(false);
  });

  it("show no overlay while points are checked, whatever is chosen, and what was chosen afterwards", () => {
    const point = { y: 3, x: 4, answer: null };
    const pointCheck = { project: "one", image: 0, id: "check", points: [point], at: 0, unstored: 0 };
    const chosen = { ...before, overlayView: "both" as const, showUncertainty: true };
    const checking = { ...chosen, pointCheck };
    expect(lookOf(checking)).toMatchObject({ segmentation: null, uncertainty: null, labels: null });
    expect(looksSame(checking, chosen)).toBe(false);
    expect(looksSame(checking, { ...checking, pointCheck: { ...pointCheck, at: null } })).toBe(true);
    const after = lookOf({ ...checking, pointCheck: null });
    expect([after.segmentation, after.uncertainty, after.labels]).not.toContain(null);
  });

  it("do not depend on names", () => {
    const renamed = { ...project(), classes: [{ ...classes()[0], name: "Steel" }] } as Project;
    expect(looksSame({ ...before, project: renamed }, before)).toBe(true);
  });
});
