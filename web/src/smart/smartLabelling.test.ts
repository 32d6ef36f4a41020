// @vitest-environment jsdom

import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/error";
import type { Editor, EditorState, ResultInfo } from "../state/contract";
import { createEditor } from "../state/editor";
import { DeskWorker, halvesContainer } from "../testing/halves";
import { PageServer } from "../testing/pageServer";

const [WIDTH, HEIGHT] = [300, 40];

let server: PageServer;
let editor: Editor;
let container: HTMLElement;
let unmount: () => void;
/** Results whose knowledge was asked for, one for each view. */
let asked: (string | null)[];

beforeEach(async () => {
  server = new PageServer();
  asked = [];
  server.suggestions = (query) => {
    asked.push(query.get("result"));
    return halvesContainer(WIDTH, HEIGHT, query.has("result"));
  };
  localStorage.clear();
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("EventSource", server.eventSource);
  vi.stubGlobal("Worker", DeskWorker);
  vi.stubGlobal("ImageData", FakeImageData);
  vi.stubGlobal("ResizeObserver", FakeObserver);
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  HTMLElement.prototype.setPointerCapture = () => {};
  editor = createEditor();
  container = document.createElement("div");
  document.body.append(container);
  unmount = editor.mount(container);
  await editor.openProject("one");
  await vi.waitFor(() => expect(state().smart).toMatchObject({ ready: true, preparing: [] }));
});

afterEach(async () => {
  await vi.waitFor(() => expect(state().saveState).toBe("saved"));
  editor.closeProject();
  unmount();
  container.remove();
  vi.unstubAllGlobals();
});

class FakeImageData {
  data = new Uint8ClampedArray(256 * 256 * 4);
}

class FakeObserver {
  observe(): void {}
  disconnect(): void {}
}

const state = (): EditorState => editor.store.getState();

function send(type: string, x: number, y: number, extra: MouseEventInit = {}): void {
  const canvas = container.querySelector("canvas") as HTMLCanvasElement;
  // The view before a size is known: 1000 × 700 px, fitted.
  const zoom = (1000 - 32) / WIDTH;
  const place = { clientX: (x - WIDTH / 2) * zoom + 500, clientY: (y - HEIGHT / 2) * zoom + 350 };
  canvas.dispatchEvent(Object.assign(new MouseEvent(type, { button: 0, ...place, ...extra }), { pointerId: 1 }));
}

function click(x: number, y: number, extra: MouseEventInit = {}): void {
  send("pointermove", x, y, extra);
  send("pointerdown", x, y, extra);
  send("pointerup", x, y, extra);
}

const labelled = (classId: number): number => server.labels.layers.labels.filter((label) => label === classId).length;

describe("smart labelling of a project", () => {
  it("is ready after opening, for the whole of a small image", () => {
    expect([state().tool, asked]).toEqual(["smart", [null]]);
    expect(server.answered).toContain("GET suggestions");
  });

  it("labels the half that is clicked, and leaves what is labelled to its class", async () => {
    editor.set({ smartScale: 0 });
    click(50, 20);
    await vi.waitFor(() => expect(labelled(1)).toBe((WIDTH / 2) * HEIGHT));
    editor.set({ activeClassId: 2, smartScale: 2 });
    click(200, 20);
    await vi.waitFor(() => expect(labelled(2)).toBe((WIDTH / 2) * HEIGHT));
    expect(labelled(1)).toBe((WIDTH / 2) * HEIGHT);
  });

  it("takes all, at the largest scale, when it may overwrite", async () => {
    editor.set({ smartScale: 0 });
    click(50, 20);
    await vi.waitFor(() => expect(labelled(1)).toBeGreaterThan(0));
    editor.set({ activeClassId: 2, smartScale: 2, overwrite: true });
    click(200, 20);
    await vi.waitFor(() => expect(labelled(2)).toBe(WIDTH * HEIGHT));
  });

  it("tells of the points that hold a suggestion, and labels them by Enter", async () => {
    editor.set({ smartScale: 2 });
    click(50, 20, { shiftKey: true });
    click(200, 20, { altKey: true });
    expect(state().smart).toMatchObject({ points: 2, hasBox: false });
    editor.handleKey(new KeyboardEvent("keydown", { key: "Enter" }));
    await vi.waitFor(() => expect(labelled(1)).toBe((WIDTH / 2) * HEIGHT));
    expect(state().smart.points).toBe(0);
  });

  it("asks for what the classifier has learned as soon as a result is complete", async () => {
    const result = {
      id: "c1",
      predicted_id: "r1",
      state: "complete",
      classes: [],
      fractions: [],
    } as unknown as ResultInfo;
    server.tell("result", { result });
    await vi.waitFor(() => expect(asked).toEqual([null, "r1"]));
    await vi.waitFor(() => expect(state().smart.preparing).toEqual([]));
    editor.set({ smartScale: 0 });
    click(50, 20);
    await vi.waitFor(() => expect(state().smart.learned).toBe(true));
  });

  it("goes on with the built-in suggester where a model cannot be used, and says why", async () => {
    server.suggestions = (query) => {
      if (query.get("model") === "builtin") return halvesContainer(WIDTH, HEIGHT);
      throw new ApiError("model_not_installed", "The model is not there.", "Download it first.", 404);
    };
    editor.set({ smartModel: "mobile_sam" });
    await vi.waitFor(() => expect(state().notices.map(({ message }) => message)).toEqual(["The model is not there."]));
    expect(state().notices[0]?.hint).toBe("Download it first. The built-in suggestions go on working.");
    expect(state().smart.preparing).toEqual([]);
    editor.set({ smartScale: 0 });
    click(50, 20);
    await vi.waitFor(() => expect(labelled(1)).toBe((WIDTH / 2) * HEIGHT));
    expect(state().smart.model).toBe("builtin");
  });
});
