// @vitest-environment jsdom
import { afterEach, describe, expect, it } from "vitest";
import { belongsToControl, releaseFocus } from "./keyTarget";

function press(html: string, init: KeyboardEventInit): boolean {
  document.body.innerHTML = html;
  let answer = false;
  document.addEventListener(
    "keydown",
    (event) => {
      answer = belongsToControl(event);
    },
    { once: true },
  );
  const target = document.querySelector("[data-focus]") ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...init }));
  return answer;
}

afterEach(() => {
  document.body.innerHTML = "";
});

describe("belongsToControl", () => {
  it("leaves the page's own keys to the editor", () => {
    expect(press("<main data-focus></main>", { key: "b" })).toBe(false);
    expect(press("<main data-focus></main>", { key: " " })).toBe(false);
  });

  it("leaves typing to fields, undo included", () => {
    expect(press("<input data-focus>", { key: "b" })).toBe(true);
    expect(press("<input data-focus>", { key: "z", ctrlKey: true })).toBe(true);
    expect(press("<textarea data-focus></textarea>", { key: "1" })).toBe(true);
  });

  it("keeps letters as shortcuts on a focused button, but not Space and Enter", () => {
    const html = '<button><span data-focus="">Brush</span></button>';
    expect(press(html, { key: "t" })).toBe(false);
    expect(press(html, { key: " " })).toBe(true);
    expect(press(html, { key: "Enter" })).toBe(true);
  });

  it("leaves arrows to sliders and radio buttons, letters and Ctrl combinations to the editor", () => {
    const slider = '<div role="slider" data-focus></div>';
    expect(press(slider, { key: "ArrowLeft" })).toBe(true);
    expect(press(slider, { key: "v" })).toBe(false);
    expect(press(slider, { key: "z", ctrlKey: true })).toBe(false);
    expect(press('<input type="radio" data-focus>', { key: "ArrowRight" })).toBe(true);
  });

  it("leaves everything to an open dialog or menu", () => {
    expect(press('<div role="dialog"><p data-focus></p></div>', { key: "z", ctrlKey: true })).toBe(true);
    expect(press('<div role="menu"><button data-focus></button></div>', { key: "v" })).toBe(true);
  });
});

describe("a card that leaves the page usable", () => {
  it("leaves keys to the editor, but not those of its buttons", () => {
    const card = (inside: string) => `<div role="dialog" data-leaves-keys>${inside}</div>`;
    expect(press(card("<p data-focus></p>"), { key: "2" })).toBe(false);
    expect(press(card("<p data-focus></p>"), { key: "z", ctrlKey: true })).toBe(false);
    expect(press(card("<button data-focus></button>"), { key: "2" })).toBe(false);
    expect(press(card("<button data-focus></button>"), { key: "Enter" })).toBe(true);
  });
});

describe("releaseFocus", () => {
  function focusedAfter(html: string): string {
    document.body.innerHTML = html;
    document.querySelector<HTMLElement>("[data-focus]")?.focus();
    releaseFocus();
    return document.activeElement?.tagName ?? "";
  }
  it("takes it from buttons and switches", () => {
    expect(focusedAfter("<button data-focus></button>")).toBe("BODY");
    expect(focusedAfter('<input type="checkbox" data-focus>')).toBe("BODY");
  });
  it("leaves it to fields and menus", () => {
    expect(focusedAfter("<input data-focus>")).toBe("INPUT");
    expect(focusedAfter('<div role="menu"><button data-focus></button></div>')).toBe("BUTTON");
  });
});
