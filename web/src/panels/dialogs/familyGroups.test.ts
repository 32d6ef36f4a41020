import { describe, expect, it } from "vitest";
import { familyGroups } from "./familyGroups";

const family = (id: string, group: string, name: string, summary = "") => ({
  id,
  group,
  name,
  summary,
  planes: "1",
  default_weka: false,
  default_samba: false,
  uses_scales: true,
});
const table = {
  groups: [
    { id: "edges", name: "Edges" },
    { id: "texture", name: "Texture" },
  ],
  families: [
    family("gabor", "texture", "Gabor", "Stripes in any direction."),
    family("sobel", "edges", "Sobel gradient", "How steeply the grey value changes."),
    family("structure_tensor_weka", "edges", "Structure tensor extras", "Over a fixed neighbourhood."),
  ],
};
const found = (search: string): string[] =>
  familyGroups(table, [], search).flatMap((group) => group.families.map(({ id }) => id));

describe("familyGroups", () => {
  it("shows all families in the order of groups", () =>
    expect(found("")).toEqual(["sobel", "structure_tensor_weka", "gabor"]));
  it("finds by name, help, group and the name of the tool in the id", () => {
    expect(found("sob")).toEqual(["sobel"]);
    expect(found("STRIPES")).toEqual(["gabor"]);
    expect(found("texture")).toEqual(["gabor"]);
    expect(found(" weka  tensor ")).toEqual(["structure_tensor_weka"]);
  });
  it("leaves out groups without anything found", () =>
    expect(familyGroups(table, [], "gabor").map(({ id }) => id)).toEqual(["texture"]));
  it("finds nothing where a word stands nowhere", () => expect(found("sobel stripes")).toEqual([]));
  it("names what is chosen in a group, also what is not found", () =>
    expect(familyGroups(table, ["sobel", "structure_tensor_weka", "gabor"], "sobel")).toMatchObject([
      { id: "edges", chosen: ["Sobel gradient", "Structure tensor extras"], size: 2 },
    ]));
});
