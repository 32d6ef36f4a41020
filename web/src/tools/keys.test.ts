import { describe, expect, it } from "vitest";
import { binding, bindingOf, checkBindingOf, KEYS, type KeyPress } from "./keys";
import { createTools } from "./tools";

function press(key: string, extra: Partial<KeyPress> = {}): KeyPress {
  return { key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...extra };
}

describe("keyboard map", () => {
  it("gives every key one meaning, while points are checked and otherwise, and every meaning one row", () => {
    const isOfCheck = ({ group }: (typeof KEYS)[number]): boolean => group === "Checking by points";
    for (const mode of [KEYS.filter(isOfCheck), KEYS.filter((entry) => !isOfCheck(entry))]) {
      const keys = mode.flatMap((entry) => entry.keys);
      expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    }
    const ids = KEYS.map((entry) => entry.id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("keeps W, A, S and D for moving the image", () => {
    expect(["w", "a", "s", "d"].map((key) => bindingOf(press(key))?.id)).toEqual([
      "panUp",
      "panLeft",
      "panDown",
      "panRight",
    ]);
  });

  it("names every tool by the key that the tool itself tells", () => {
    for (const tool of createTools()) expect(binding(tool.id).keys[0]).toBe(tool.shortcut);
  });

  it("hears Ctrl on one machine and Cmd on the other", () => {
    expect(bindingOf(press("z", { ctrlKey: true }))?.id).toBe("undo");
    expect(bindingOf(press("z", { metaKey: true }))?.id).toBe("undo");
    expect(bindingOf(press("Z", { ctrlKey: true, shiftKey: true }))?.id).toBe("redo");
    expect(bindingOf(press("y", { ctrlKey: true }))?.id).toBe("redo");
  });

  it("leaves the browser's own keys alone", () => {
    expect(bindingOf(press("a", { ctrlKey: true }))).toBeNull();
    expect(bindingOf(press("s", { ctrlKey: true }))).toBeNull();
    expect(bindingOf(press("f", { ctrlKey: true }))).toBeNull();
    expect(bindingOf(press("d", { altKey: true }))).toBeNull();
  });

  it("hears letters with Caps Lock and digits by their place on keyboards where they need Shift", () => {
    expect(bindingOf(press("B"))?.id).toBe("brush");
    expect(bindingOf(press("é", { code: "Digit2" }))?.id).toBe("chooseClass");
  });

  it("gives some keys another meaning while points are checked", () => {
    const meanings = ["2", "u", "Backspace", "Escape"].map((key) => [
      bindingOf(press(key))?.id,
      checkBindingOf(press(key))?.id,
    ]);
    expect(meanings).toEqual([
      ["chooseClass", "answerClass"],
      ["uncertainty", "answerUnsure"],
      ["removeLast", "pointBefore"],
      ["cancel", "stopChecking"],
    ]);
    expect(checkBindingOf(press("é", { code: "Digit2" }))?.id).toBe("answerClass");
    expect(checkBindingOf(press("b"))).toBeNull();
    expect(checkBindingOf(press("u", { ctrlKey: true }))).toBeNull();
  });

  it("leaves help and commands to the page", () => {
    expect(KEYS.filter((entry) => entry.owner === "page").map((entry) => entry.id)).toEqual(["help", "commands"]);
  });
});
