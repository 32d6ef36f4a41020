import { describe, expect, it } from "vitest";
import { unpackArrays } from "./container";
import { maskOfCandidate } from "./hierarchyAnswerer";
import { answerPrompt, BlockedPixels } from "./hierarchyAnswers";
import { readHierarchyTable } from "./hierarchyTable";
import type { Prompt } from "./suggestion";

interface Golden {
  /** A prepared view, as base64. */
  container: string;
  cases: (Prompt & {
    /** Pixels of each region that are labelled as another class. */
    blocked: number[] | null;
    chosen: { node: number; added: number[]; removed: number[]; score: number; area: number; pixels: number }[];
  })[];
}

// Written by the tests of the Python side, which check that it is what they answer.
const files = import.meta.glob<Golden>("../../../tests/smart/data/hierarchy_golden.json", {
  eager: true,
  import: "default",
});

describe.runIf(Object.keys(files).length > 0)("answers of the hierarchy", () => {
  it.each(Object.values(files))("are those of the Python side, number for number", ({ container, cases }) => {
    const bytes = Uint8Array.from(atob(container), (letter) => letter.charCodeAt(0));
    const table = readHierarchyTable(unpackArrays(bytes.buffer));
    for (const { points, box, blocked, chosen } of cases) {
      const pixels = blocked && new BlockedPixels(table, Uint32Array.from(blocked));
      const found = answerPrompt(table, { points, box }, pixels);
      expect(found.map((one) => ({ ...one, pixels: maskOfCandidate(table, one).area }))).toEqual(chosen);
    }
  });
});
