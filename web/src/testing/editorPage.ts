// An editor in a page without a picture, with a server that stands in: for tests of the whole side that is not React.

import { IDBFactory } from "fake-indexeddb";
import { expect, vi } from "vitest";
import type { Editor, EditorState } from "../state/contract";
import { createEditor } from "../state/editor";
import { PageServer } from "./pageServer";

const [WIDTH, HEIGHT] = [300, 40];

export class EditorPage {
  readonly server: PageServer;
  readonly editor: Editor;
  readonly #container = document.createElement("div");
  readonly #unmount: () => void;

  constructor(images = 1) {
    this.server = new PageServer(images);
    localStorage.clear();
    vi.stubGlobal("indexedDB", new IDBFactory());
    vi.stubGlobal("fetch", this.server.fetch);
    vi.stubGlobal("EventSource", this.server.eventSource);
    vi.stubGlobal("ImageData", FakeImageData);
    vi.stubGlobal("ResizeObserver", FakeObserver);
    // No picture is drawn here: a browser does that in the tests of the whole page.
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    HTMLElement.prototype.setPointerCapture = () => {};
    this.editor = createEditor();
    document.body.append(this.#container);
    this.#unmount = this.editor.mount(this.#container);
  }

  get state(): EditorState {
    return this.editor.store.getState();
  }

  /** What is still on its way would reach the next test's server. */
  async close(): Promise<void> {
    this.server.isAway = false;
    window.dispatchEvent(new Event("online"));
    await this.saved();
    this.editor.closeProject();
    this.#unmount();
    this.#container.remove();
    vi.unstubAllGlobals();
  }

  async opened(): Promise<void> {
    await this.editor.openProject("one");
    this.editor.set({ tool: "brush", brushRadiusPx: 2 });
  }

  async saved(): Promise<void> {
    await vi.waitFor(() => expect(this.state.saveState).toBe("saved"));
  }

  key(name: string, extra: KeyboardEventInit = {}): boolean {
    return this.editor.handleKey(new KeyboardEvent("keydown", { key: name, ...extra }));
  }

  /** Drags over the canvas between image positions. */
  drag(...positions: [number, number][]): void {
    this.send("pointerdown", positions[0] as [number, number]);
    for (const position of positions) this.send("pointermove", position);
    this.send("pointerup", positions.at(-1) as [number, number]);
  }

  send(type: string, [x, y]: [number, number]): void {
    const canvas = this.#container.querySelector("canvas") as HTMLCanvasElement;
    // The view before a size is known: 1000 × 700 px, fitted.
    const zoom = (1000 - 32) / WIDTH;
    const place = { clientX: (x - WIDTH / 2) * zoom + 500, clientY: (y - HEIGHT / 2) * zoom + 350 };
    canvas.dispatchEvent(Object.assign(new MouseEvent(type, { ...place, button: 0 }), { pointerId: 1 }));
  }
}

class FakeImageData {
  data = new Uint8ClampedArray(256 * 256 * 4);
}

class FakeObserver {
  observe(): void {}
  disconnect(): void {}
}
