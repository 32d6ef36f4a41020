// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { binding, KEYS } from "../tools/keys";
import { isMac, readableKey, readableKeys, shortcutOf } from "./shortcuts";

describe("readableKey", () => {
  it.each([
    ["Mod+Z", "Ctrl+Z", "⌘Z"],
    ["Mod+Shift+Z", "Ctrl+Shift+Z", "⌘⇧Z"],
    ["ArrowUp", "↑", "↑"],
    ["Escape", "Esc", "Esc"],
    ["+", "+", "+"],
    ["-", "−", "−"],
    ["B", "B", "B"],
  ])("%s", (key, other, mac) => {
    expect(readableKey(key, false)).toBe(other);
    expect(readableKey(key, true)).toBe(mac);
  });
});

describe("readableKeys", () => {
  it("shows the classes' digits as a range", () =>
    expect(readableKeys(binding("chooseClass"), false)).toEqual(["1 – 9"]));
  it("has something to show for every binding", () => {
    for (const entry of KEYS) expect(readableKeys(entry, false).join("")).not.toBe("");
  });
  it("gives the first key to tooltips", () => expect(shortcutOf("undo")).toBe("Ctrl+Z"));
});

it("knows a Mac", () => {
  expect(isMac("MacIntel")).toBe(true);
  expect(isMac("Linux x86_64")).toBe(false);
});
