// @vitest-environment jsdom

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/error";
import { EditorPage } from "../testing/editorPage";
import type { PageServer } from "../testing/pageServer";
import type { Editor, EditorState, ResultInfo } from "./contract";
import { rememberImage } from "./projectMemory";

let page: EditorPage;
let server: PageServer;
let editor: Editor;

beforeEach(async () => {
  page = new EditorPage(4);
  server = page.server;
  editor = page.editor;
  // The order is a person's own.
  server.images = [2, 0, 1, 3].map((id) => server.images[id] as PageServer["images"][number]);
  await page.opened();
});

afterEach(() => page.close());

const state = (): EditorState => page.state;
const drawnOn = (image: number): number => server.labels.layersOf(image).labels.filter((classId) => classId > 0).length;
const complete = (id: string, image: number): ResultInfo =>
  ({ id, image, state: "complete", revision: 1, outdated: false, classes: [], fractions: [] }) as unknown as ResultInfo;

describe("an editor with several images", () => {
  it("opens the first in order, and goes through them by keys to the ends", async () => {
    expect(state().image).toBe(2);
    page.key("PageUp");
    expect(state().switching).toBe(false);
    page.key("PageDown");
    page.key("PageDown");
    await vi.waitFor(() => expect(state()).toMatchObject({ image: 1, switching: false }));
    for (let press = 0; press < 5; press++) page.key("PageDown");
    await vi.waitFor(() => expect(state()).toMatchObject({ image: 3, switching: false }));
    expect(state().project?.image.name).toBe("slice 3");
  });

  it("opens the image that was asked for before, such as the one of a draft, and the first where it is gone", async () => {
    editor.closeProject();
    rememberImage("one", 1);
    await editor.openProject("one");
    expect(state()).toMatchObject({ image: 1, tool: "brush" });
    editor.closeProject();
    rememberImage("one", 9);
    await editor.openProject("one");
    expect(state().image).toBe(2);
  });

  it("draws on the image that is shown, and shows what was drawn when it comes back", async () => {
    page.drag([50, 20], [60, 20]);
    await editor.showImage(1);
    page.drag([50, 20]);
    await page.saved();
    expect([drawnOn(2) > drawnOn(1), drawnOn(1) > 5, drawnOn(0)]).toEqual([true, true, 0]);
    expect(state().labelledPixels).toEqual({ 1: drawnOn(1) + drawnOn(2) });
    await editor.showImage(2);
    await vi.waitFor(() => expect(state().image).toBe(2));
    page.drag([200, 20]);
    await page.saved();
    expect(state().labelledPixels[1]).toBe(drawnOn(1) + drawnOn(2));
  });

  it("keeps strokes on other images while the server is away, and sends them in order", async () => {
    await editor.showImage(0);
    await editor.showImage(2);
    server.isAway = true;
    page.drag([50, 20]);
    await editor.showImage(0);
    expect(state().image).toBe(0);
    page.drag([90, 20]);
    expect(state().unsavedOperations).toBe(2);
    server.isAway = false;
    window.dispatchEvent(new Event("online"));
    await page.saved();
    expect([drawnOn(2) > 5, drawnOn(0) > 5]).toEqual([true, true]);
  });

  it("goes to the image of a step before it takes the step back", async () => {
    page.drag([50, 20]);
    await editor.showImage(1);
    page.drag([90, 20]);
    await page.saved();
    page.key("z", { ctrlKey: true });
    page.key("z", { ctrlKey: true });
    await vi.waitFor(() => expect([drawnOn(1), drawnOn(2)]).toEqual([0, 0]));
    expect(state()).toMatchObject({ image: 2, labelledPixels: {} });
    page.key("y", { ctrlKey: true });
    page.key("y", { ctrlKey: true });
    await vi.waitFor(() => expect(drawnOn(1)).toBeGreaterThan(5));
    expect(state().image).toBe(1);
  });

  it("shows the last of several images that are asked for quickly", async () => {
    const shown = [0, 1, 3, 0].map((image) => editor.showImage(image));
    await Promise.all(shown);
    expect(state()).toMatchObject({ image: 0, switching: false });
  });

  it("stays where it is when the person goes back before another image came", async () => {
    void editor.showImage(0);
    await editor.showImage(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state()).toMatchObject({ image: 2, switching: false });
  });

  it("shows another image only when the stroke is done", () => {
    page.send("pointerdown", [50, 20]);
    page.key("PageDown");
    expect(state().switching).toBe(false);
    page.send("pointerup", [50, 20]);
    page.key("PageDown");
    expect(state().switching).toBe(true);
  });

  it("says why an image cannot be shown, and stays on the present one", async () => {
    server.images = server.images.filter(({ id }) => id !== 3);
    await editor.showImage(3);
    expect(state()).toMatchObject({ image: 2, switching: false });
    expect(state().notices).toMatchObject([{ place: "image", message: "There is no such image." }]);
    await editor.showImage(1);
    expect(state()).toMatchObject({ image: 1, notices: [] });
  });

  it("says what is wrong with the file of the image that is shown", async () => {
    server.broken.set(1, new ApiError("missing", "/data/slice.tif is gone.", "Say where it lies now.", 410));
    await editor.showImage(1);
    editor.set({ tool: "fill" });
    page.drag([50, 20]);
    await vi.waitFor(() => expect(state().notices.map(({ place }) => place)).toContain("image"));
    expect(state().notices.map(({ message }) => message)).toContain("/data/slice.tif is gone.");
  });

  it("shows slices of a stack alike, whatever each one's own contrast is", async () => {
    editor.set({ contrast: [{ low: 10, high: 20 }], activeClassId: 2 });
    await editor.showImage(0);
    expect(state()).toMatchObject({ contrast: [{ low: 10, high: 20 }], activeClassId: 2 });
  });

  it("opens with the image that was shown last, if it is still there", async () => {
    await editor.showImage(1);
    editor.closeProject();
    await page.opened();
    expect(state().image).toBe(1);
    editor.closeProject();
    server.images = server.images.filter(({ id }) => id !== 1);
    await page.opened();
    expect(state().image).toBe(2);
  });

  it("follows results of other images in the list, and those of the shown one on the canvas", async () => {
    await vi.waitFor(() => {
      server.tell("result", { result: complete("r0", 0) });
      expect(state().images.find(({ id }) => id === 0)?.result).toBe("complete");
    });
    expect(state().result).toBeNull();
    server.results.set(0, complete("r0", 0));
    await editor.showImage(0);
    expect(state().result?.id).toBe("r0");
    await editor.showImage(2);
    expect(state().result).toBeNull();
  });

  it("takes up a new order and a removed image, and shows the first where the shown one is gone", async () => {
    server.images = [3, 1, 0].map((id) => server.images.find((one) => one.id === id) as PageServer["images"][number]);
    editor.adoptProject(server.project(3));
    await vi.waitFor(() => expect(state().image).toBe(3));
    expect(state().images.map(({ id }) => id)).toEqual([3, 1, 0]);
    page.key("PageDown");
    await vi.waitFor(() => expect(state().image).toBe(1));
  });

  it("keeps the image that is shown when the answer to a change is about another one", () => {
    editor.adoptProject({ ...server.project(0), name: "Renamed" });
    expect(state()).toMatchObject({ image: 2, project: { name: "Renamed", image: { id: 2 } } });
  });

  it("asks for training with the image that is shown, and for all only when everything is stored", async () => {
    await editor.showImage(1);
    page.drag([50, 20]);
    await editor.applyAll(false);
    expect(server.answered.filter((request) => request.startsWith("POST"))).toEqual([
      "POST operations",
      "POST apply-all",
    ]);
    expect(drawnOn(1)).toBeGreaterThan(5);
  });

  it("tells the server what is looked at while it is live, and nothing otherwise", async () => {
    await editor.setLive(true);
    expect(state().live).toBe(true);
    expect(server.looks).toMatchObject([{ on: true, image: 2 }]);
    await editor.showImage(1);
    await vi.waitFor(() => expect(server.looks.at(-1)).toMatchObject({ on: true, image: 1 }));
    await editor.setLive(false);
    expect(server.looks.at(-1)?.on).toBe(false);
    await editor.showImage(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.looks.at(-1)?.on).toBe(false);
    expect(state().live).toBe(false);
  });

  it("is live again when the project is opened, as the server has it", async () => {
    await editor.setLive(true);
    editor.closeProject();
    expect(state().live).toBe(false);
    await page.opened();
    expect(state().live).toBe(true);
  });

  it("puts the switch back where live is refused", async () => {
    server.isAway = true;
    await editor.setLive(true);
    expect(state().live).toBe(false);
    expect(state().notices.map(({ place }) => place)).toContain("train");
  });
});
