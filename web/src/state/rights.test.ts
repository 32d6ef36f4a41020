// @vitest-environment jsdom

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EditorPage } from "../testing/editorPage";
import type { PageServer } from "../testing/pageServer";

let page: EditorPage;

beforeEach(() => {
  page = new EditorPage();
  page.server.access = "viewer";
});

afterEach(() => page.close());

const sent = (): string[] => page.server.answered.filter((request) => !request.startsWith("GET"));

/** Shares changed: the server ends all streams, so that everybody asks anew what they may do. */
async function sharedAs(change: Partial<Pick<PageServer, "access" | "isClosed">>): Promise<void> {
  await vi.waitFor(() => expect(page.server.followers).toBe(1), 3000);
  Object.assign(page.server, change);
  page.server.breakStreams();
}

describe("somebody who may only look", () => {
  it("changes nothing by mouse, keys or commands, and asks for nothing that is refused", async () => {
    page.server.labels.layers.labels.fill(2, 10, 15);
    page.server.live = true;
    await page.opened();
    expect(page.state.tool).toBe("pan");
    for (const tool of ["brush", "smart", "eraser", "crop", "pan"] as const) {
      page.editor.set({ tool });
      expect(["crop", "pan"]).toContain(page.state.tool);
      page.drag([50, 20], [60, 20]);
    }
    for (const key of ["b", "t", "i", "l", "o"]) page.key(key);
    page.key("z", { ctrlKey: true });
    page.editor.set({ postProcess: true });
    expect(page.state.postProcess).toBe(false);
    const { editor } = page;
    editor.addClass();
    editor.clearLabels(null);
    await Promise.all([editor.train(), editor.apply(), editor.applyAll(true), editor.setLive(false)]);
    await Promise.all([
      editor.renameProject("Mine"),
      editor.findAlike(),
      editor.importLabels(new File([], "a"), "add"),
    ]);
    expect(sent()).toEqual([]);
    expect(page.state).toMatchObject({ labelledPixels: { 2: 5 }, notices: [] });
    expect(page.state.project?.classes).toHaveLength(2);
  });

  it("changes things as soon as the owner allows it, with the tool of before, and no longer when it is taken back", async () => {
    page.editor.set({ tool: "eraser" });
    await page.editor.openProject("one");
    expect(page.state.tool).toBe("pan");
    await sharedAs({ access: "editor" });
    await vi.waitFor(() => expect(page.state.project?.access).toBe("editor"), 3000);
    expect(page.state.tool).toBe("eraser");
    expect(page.state.notices).toEqual([]);
    page.editor.set({ tool: "brush", brushRadiusPx: 2 });
    page.drag([50, 20], [60, 20]);
    await page.saved();
    expect(sent()).toEqual(["POST operations"]);
    await sharedAs({ access: "viewer" });
    await vi.waitFor(() => expect(page.state.tool).toBe("pan"), 3000);
    page.drag([50, 20], [60, 20]);
    expect(sent()).toEqual(["POST operations"]);
  });

  it("is told when the project is not shared any more", async () => {
    await page.opened();
    await sharedAs({ isClosed: true });
    await vi.waitFor(() => expect(page.state.project).toBeNull(), 4000);
    expect(page.state.notices.map(({ place, message }) => [place, message])).toEqual([
      ["open", "This project is not there for you any more."],
    ]);
  });
});
