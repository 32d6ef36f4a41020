import { describe, expect, it } from "vitest";
import { linkTarget, orderedPages } from "./contents";

describe("orderedPages", () => {
  const pages = orderedPages([
    { id: "words", text: "# Words" },
    { id: "an-extra", text: "no heading" },
    { id: "labelling", text: "intro\n# Labelling pixels\n# Second" },
    { id: "index", text: "# Manual\n1. [a](labelling.md)\n2. [b](missing.md)\n3. [c](words.md)" },
  ]);
  it("follows the links of the start page, then adds the rest", () =>
    expect(pages.map(({ id }) => id)).toEqual(["index", "labelling", "words", "an-extra"]));
  it("takes titles from the first heading, or the file's name", () =>
    expect(pages.map(({ title }) => title)).toEqual(["Manual", "Labelling pixels", "Words", "an-extra"]));
});

describe("linkTarget", () => {
  it("stays in the manual", () => {
    expect(linkTarget("labelling.md")).toEqual({ kind: "page", page: "labelling" });
    expect(linkTarget("./when-it-goes-wrong.md#the-page")).toEqual({ kind: "page", page: "when-it-goes-wrong" });
  });
  it("leads out only over http", () => {
    expect(linkTarget("https://example.org/a.md")).toEqual({ kind: "outside", url: "https://example.org/a.md" });
    expect(linkTarget("javascript:alert(1)")).toEqual({ kind: "nowhere" });
    expect(linkTarget("../../etc/passwd.md")).toEqual({ kind: "nowhere" });
    expect(linkTarget(undefined)).toEqual({ kind: "nowhere" });
  });
});
