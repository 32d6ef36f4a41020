// @vitest-environment jsdom

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EditorPage } from "../testing/editorPage";
import { job, type PageServer } from "../testing/pageServer";
import type { Editor, EditorState } from "./contract";

let page: EditorPage;
let server: PageServer;
let editor: Editor;

beforeEach(() => {
  page = new EditorPage();
  server = page.server;
  editor = page.editor;
});

afterEach(() => page.close());

const state = (): EditorState => page.state;
const key = (name: string, extra: KeyboardEventInit = {}): boolean => page.key(name, extra);
const drag = (...positions: [number, number][]): void => page.drag(...positions);
const saved = (): Promise<void> => page.saved();
const opened = (): Promise<void> => page.opened();

describe("editor", () => {
  it("opens a project with its labels", async () => {
    server.labels.layers.labels.fill(2, 10, 15);
    await opened();
    expect(state()).toMatchObject({ loading: false, activeClassId: 1, labelledPixels: { 2: 5 } });
    expect(state().project?.name).toBe("One");
    expect(state().contrast).toEqual([{ low: 0, high: 255 }]);
  });

  it("shows a stroke at once and saves it", async () => {
    await opened();
    drag([50, 20], [60, 20]);
    expect(state().saveState).toBe("saving");
    expect(state().labelledPixels[1]).toBeGreaterThan(40);
    await saved();
    expect(server.labels.layers.labels.filter((classId) => classId === 1)).toHaveLength(state().labelledPixels[1] ?? 0);
    expect(state().history).toMatchObject({ canUndo: true, undoName: "paint" });
  });

  it("keeps work in the browser while the server is away, and says so", async () => {
    await opened();
    server.isAway = true;
    drag([50, 20]);
    await vi.waitFor(() => expect(state().saveState).toBe("browser"));
    expect(state().unsavedOperations).toBe(1);
    server.isAway = false;
    window.dispatchEvent(new Event("online"));
    await saved();
    expect(server.labels.stored).toHaveLength(1);
  });

  it("undoes and redoes at once by keys, also while the server is away", async () => {
    await opened();
    drag([50, 20]);
    await saved();
    server.isAway = true;
    key("z", { ctrlKey: true });
    expect(state().labelledPixels).toEqual({});
    expect(state().history).toMatchObject({ canRedo: true, redoName: null });
    key("Z", { ctrlKey: true, shiftKey: true });
    expect(state().labelledPixels[1]).toBeGreaterThan(5);
    server.isAway = false;
    window.dispatchEvent(new Event("online"));
    await saved();
    expect(server.labels.stored).toHaveLength(3);
  });

  it("asks for training only after the server has every stroke", async () => {
    await opened();
    drag([50, 20]);
    key("2");
    drag([90, 20]);
    await editor.train();
    expect(server.answered.filter((request) => request.startsWith("POST"))).toEqual([
      "POST operations",
      "POST operations",
      "POST train",
    ]);
    expect(state().job?.state).toBe("queued");
  });

  it("says at the train button that the server cannot be reached, and starts nothing", async () => {
    await opened();
    server.isAway = true;
    drag([50, 20]);
    await editor.train();
    expect(state().notices.map(({ place }) => place)).toContain("train");
    expect(state().job).toBeNull();
  });

  it("follows a job to its end, and shows why one failed", async () => {
    await opened();
    await vi.waitFor(() => {
      server.tell("job", { job: job("job-one", "running") });
      expect(state().job?.state).toBe("running");
    });
    const error = { code: "not_enough_labels", message: "Two classes need labels.", hint: "Label another one." };
    server.tell("job", { job: job("job-one", "failed", error) });
    expect(state().job?.state).toBe("failed");
    expect(state().notices).toMatchObject([{ place: "train", message: error.message, hint: error.hint }]);
  });

  it("follows what someone else draws", async () => {
    await opened();
    await vi.waitFor(() => {
      server.labels.onStored = (ack) => server.tell("revision", { revision: ack });
      expect(server.answered).toContain("GET projects/one");
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const runs = btoa(String.fromCharCode(0, 0, 9, 0));
    await server.labels.send({
      client_id: "someone-else",
      client_seq: 1,
      base_revision: 0,
      kind: "paint",
      image: 0,
      layer: "labels",
      class_id: 2,
      overwrite: false,
      tiles: [{ ty: 0, tx: 0, runs }],
      classes: null,
    });
    await vi.waitFor(() => expect(state().labelledPixels).toEqual({ 2: 10 }));
  });

  it("reads everything anew after the connection was lost", async () => {
    await opened();
    await vi.waitFor(() => expect(server.followers).toBe(1));
    server.isAway = true;
    server.breakStreams();
    await vi.waitFor(() => expect(state().notices.map(({ place }) => place)).toEqual(["connection"]), 3000);
    server.isAway = false;
    server.labels.layers.labels.fill(1, 0, 7);
    await vi.waitFor(() => expect(state().labelledPixels).toEqual({ 1: 7 }), { timeout: 5000 });
    expect(state().notices).toEqual([]);
  });

  it("says nothing of a stream that the server ended and opened anew", async () => {
    await opened();
    const told = vi.fn();
    const stop = editor.store.subscribe(({ notices }) => notices.length > 0 && told(notices));
    await vi.waitFor(() => expect(server.followers).toBe(1));
    server.labels.layers.labels.fill(1, 0, 7);
    server.breakStreams();
    await vi.waitFor(() => expect(state().labelledPixels).toEqual({ 1: 7 }), { timeout: 3000 });
    stop();
    expect(told).not.toHaveBeenCalled();
  });

  it("adds, chooses and deletes classes, their labels with them", async () => {
    await opened();
    editor.addClass();
    expect(state().project?.classes.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(state().activeClassId).toBe(3);
    drag([50, 20]);
    editor.setClasses((state().project?.classes ?? []).filter(({ id }) => id !== 3));
    expect(state()).toMatchObject({ activeClassId: 1, labelledPixels: {} });
    await saved();
    expect(server.labels.classes).toHaveLength(2);
    expect(server.labels.layers.labels.every((classId) => classId === 0)).toBe(true);
  });

  it("shows the labels when somebody draws while they are hidden", async () => {
    await opened();
    editor.set({ overlayView: "segmentation" });
    drag([50, 20]);
    expect(state().overlayView).toBe("both");
  });

  it("draws on the edits in post-process mode and leaves the labels alone", async () => {
    await opened();
    editor.set({ overlayView: "none", postProcess: true });
    expect(state().overlayView).toBe("segmentation");
    drag([50, 20]);
    await saved();
    expect(server.labels.layers.edits.some((classId) => classId === 1)).toBe(true);
    expect(server.labels.layers.labels.some((classId) => classId > 0)).toBe(false);
  });

  it("gives up a stroke by Escape or undo, and sends nothing", async () => {
    await opened();
    for (const giveUp of [() => key("Escape"), () => key("z", { ctrlKey: true })]) {
      page.send("pointerdown", [150, 20]);
      expect(giveUp()).toBe(true);
      page.send("pointerup", [150, 20]);
    }
    expect(state()).toMatchObject({ labelledPixels: {}, unsavedOperations: 0 });
  });

  it("answers keys only while a project is open", async () => {
    expect(key("b")).toBe(false);
    await opened();
    expect([key("p"), state().tool]).toEqual([true, "polygon"]);
    expect([key("]"), state().brushRadiusPx]).toEqual([true, 2.5]);
    expect([key("v"), state().overlayView]).toEqual([true, "segmentation"]);
    expect(key("?")).toBe(false);
    expect(key("Escape")).toBe(false);
  });

  it("says that a project is missing, and can open another one afterwards", async () => {
    await editor.openProject("gone");
    expect(state()).toMatchObject({ loading: false, project: null });
    expect(state().notices).toMatchObject([{ place: "open", message: "There is no such project." }]);
    await opened();
    expect(state().notices).toEqual([]);
  });

  it("forgets the project when it is closed, and remembers how it was shown", async () => {
    await opened();
    editor.set({ contrast: [{ low: 10, high: 20 }], activeClassId: 2 });
    editor.closeProject();
    expect(state()).toMatchObject({ project: null, contrast: [], labelledPixels: {}, hover: null });
    await opened();
    expect(state()).toMatchObject({ contrast: [{ low: 10, high: 20 }], activeClassId: 2 });
  });
});
