// @vitest-environment jsdom

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PointCheckStatus, ResultInfo } from "../state/contract";
import { EditorPage } from "../testing/editorPage";

const CHECK = {
  id: "check",
  drawn: "",
  points: [
    { y: 5, x: 100, answer: null },
    { y: 20, x: 200, answer: null },
    { y: 30, x: 50, answer: null },
  ],
  estimate: null,
};
const RESULT = { id: "r", state: "complete", classes: [], fractions: [] } as unknown as ResultInfo;

let page: EditorPage;

beforeEach(async () => {
  page = new EditorPage(2);
  for (const image of [0, 1]) page.server.results.set(image, { ...RESULT, image });
  await page.opened();
  page.editor.checkPoints(0, CHECK);
});

afterEach(() => page.close());

const status = (): PointCheckStatus | null => page.state.pointCheck;
const middle = (): number[] => {
  const { top, left, bottom, right } = page.editor.viewport();
  return [(top + bottom) / 2, (left + right) / 2];
};

describe("the editor while points are checked", () => {
  it("answers by number keys and U, goes back by Backspace and stops by Escape", async () => {
    expect(page.key("2")).toBe(true);
    expect(page.key("u")).toBe(true);
    expect([status()?.at, page.state.activeClassId, page.state.showUncertainty]).toEqual([2, 1, false]);
    expect(page.key("Backspace")).toBe(true);
    expect(status()?.at).toBe(1);
    page.key("1");
    page.key("9");
    expect(status()?.at).toBe(2);
    expect(page.key("Escape")).toBe(true);
    expect(status()).toBeNull();
    await vi.waitFor(() =>
      expect(page.server.pointAnswers).toEqual([
        { number: 0, answer: 2 },
        { number: 1, answer: "unsure" },
        { number: 1, answer: 1 },
      ]),
    );
    page.key("2");
    expect(page.state.activeClassId).toBe(2);
  });

  it("takes a key that is held down for one answer", () => {
    page.key("1");
    page.key("1", { repeat: true });
    expect(status()?.at).toBe(1);
  });

  it("paints, chooses and takes back nothing by mouse or keys: a drag moves the image", async () => {
    page.editor.stopPointCheck();
    page.drag([50, 20], [60, 20]);
    await page.saved();
    const before = page.state.labelledPixels;
    page.editor.checkPoints(0, CHECK);
    const place = middle();
    page.drag([50, 20], [60, 20]);
    expect(middle()).not.toEqual(place);
    for (const key of ["b", "e", "t", "i", "x", "o", "v", "n", "m"]) expect(page.key(key)).toBe(false);
    expect(page.key("z", { ctrlKey: true })).toBe(false);
    expect(page.state).toMatchObject({ labelledPixels: before, tool: "brush", overlayView: "both", whereNext: null });
    expect(page.server.answered.filter((request) => /train|live$/.test(request))).toEqual([]);
    expect(status()?.at).toBe(0);
  });

  it("moves and zooms by the same keys as otherwise", () => {
    const width = (): number => page.editor.viewport().right - page.editor.viewport().left;
    const before = { width: width(), middle: middle() };
    expect(page.key("+")).toBe(true);
    const zoomed = width();
    expect(zoomed).toBeLessThan(before.width);
    expect(page.key("d")).toBe(true);
    expect(middle()[1]).toBeGreaterThan(before.middle[1] as number);
    expect(page.key("f")).toBe(true);
    expect(width()).toBeGreaterThan(zoomed);
    expect(status()?.at).toBe(0);
  });

  it("ends when a tool is chosen, or another place asked for", () => {
    page.editor.set({ tool: "pan" });
    expect(status()).not.toBeNull();
    page.editor.set({ tool: "eraser" });
    expect([status(), page.state.tool]).toEqual([null, "eraser"]);
    page.editor.checkPoints(0, CHECK);
    void page.editor.whereNext(1);
    expect(status()).toBeNull();
  });

  it("ends when another image is shown, and does not come back with the first", async () => {
    await page.editor.showImage(1);
    expect([page.state.image, status()]).toEqual([1, null]);
    await page.editor.showImage(0);
    expect(status()).toBeNull();
  });

  it("ends with the project", () => {
    page.editor.closeProject();
    expect(status()).toBeNull();
  });
});
