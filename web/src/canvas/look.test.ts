import { describe, expect, it } from "vitest";
import type { Project, ResultInfo } from "../state/contract";
import { initialState } from "../state/initialState";
import { looksSame } from "./look";

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

  it("do not depend on names", () => {
    const renamed = { ...project(), classes: [{ ...classes()[0], name: "Steel" }] } as Project;
    expect(looksSame({ ...before, project: renamed }, before)).toBe(true);
  });
});
