import { describe, expect, it } from "vitest";
import { byFamily, strongest } from "./importanceOrder";

const importance = [
  { feature: "Gaussian 1", family: "Gaussian", importance: 0.2 },
  { feature: "Sobel 1", family: "Sobel", importance: 0.5 },
  { feature: "Gaussian 2", family: "Gaussian", importance: 0.3 },
];

describe("importance", () => {
  it("sums families and puts the largest first", () => {
    const families = byFamily([...importance, { feature: "Gaussian 4", family: "Gaussian", importance: 0.25 }]);
    expect(families.map(({ family }) => family)).toEqual(["Gaussian", "Sobel"]);
    expect(families[0]?.importance).toBeCloseTo(0.75, 12);
  });

  it("lists the strongest features and leaves its input alone", () => {
    expect(strongest(importance, 2).map(({ feature }) => feature)).toEqual(["Sobel 1", "Gaussian 2"]);
    expect(importance[0]?.feature).toBe("Gaussian 1");
  });
});
