import { expect, it } from "vitest";
import { actionWords, changeWords } from "./moderationWords";

it("says what was done", () => {
  expect(actionWords("ask_for_changes")).toBe("Changes asked for");
  expect(actionWords("new_step")).toBe("New step");
  expect(actionWords("")).toBe("");
});

it.each([
  [null, ["title"], "A new entry"],
  [2, [], "Nothing written differs from version 2"],
  [1, ["pixel_size", "creators"], "Differs from version 1 in: pixel size, creators"],
])("says what changed since %s", (version, fields, words) => expect(changeWords(version, fields)).toBe(words));
