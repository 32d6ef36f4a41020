import { describe, expect, it, vi } from "vitest";
import { pointerAt, TestContext } from "../testing/toolContext";
import { BrushTool, EraserTool } from "./brush";
import { CropTool } from "./crop";
import { FillTool } from "./fill";
import { PanTool } from "./pan";
import { PolygonTool } from "./polygon";
import { RectangleTool } from "./rectangle";

describe("brush", () => {
  it("makes one step of one drag, without gaps between far positions", () => {
    const [tool, context] = [new BrushTool(), new TestContext()];
    tool.down(pointerAt(10, 10.5), context);
    tool.move([pointerAt(40, 10.5), pointerAt(90, 10.5)], true, context);
    tool.up(pointerAt(90, 10.5), context);
    expect(context.steps).toHaveLength(1);
    const { kind, pixels } = context.steps[0] as (typeof context.steps)[0];
    expect(kind).toBe("paint");
    for (let x = 8; x < 92; x++) expect(pixels.has(`${x} 10`)).toBe(true);
    expect(pixels.has("7 10")).toBe(false);
  });

  it("draws nothing while no button is held", () => {
    const [tool, context] = [new BrushTool(), new TestContext()];
    tool.move([pointerAt(10, 10)], false, context);
    tool.up(pointerAt(10, 10), context);
    expect(context.steps).toEqual([]);
  });

  it("draws a straight line from the last stroke's end with Shift", () => {
    const [tool, context] = [new BrushTool(), new TestContext()];
    tool.down(pointerAt(10, 20.5), context);
    tool.up(pointerAt(10, 20.5), context);
    tool.down(pointerAt(60, 20.5, { shift: true }), context);
    tool.up(pointerAt(60, 20.5), context);
    expect(context.steps[1]?.pixels.has("35 20")).toBe(true);
  });

  it("gives up a stroke without a trace", () => {
    const [tool, context] = [new BrushTool(), new TestContext()];
    tool.down(pointerAt(10, 10), context);
    expect(tool.cancel(context)).toBe(true);
    tool.move([pointerAt(50, 50)], true, context);
    tool.up(pointerAt(50, 50), context);
    expect([context.steps.length, context.cancelled, tool.cancel(context)]).toEqual([0, 1, false]);
  });

  it("stays quiet where drawing is not possible, and for the right button", () => {
    const [tool, context] = [new BrushTool(), new TestContext()];
    tool.down(pointerAt(10, 10, { button: "right" }), context);
    context.refusesToDraw = true;
    tool.down(pointerAt(10, 10), context);
    tool.move([pointerAt(20, 20)], true, context);
    tool.up(pointerAt(20, 20), context);
    expect(context.steps).toEqual([]);
  });

  it("covers the same pixels at every zoom", () => {
    const pixelsAt = (zoom: number): string[] => {
      const [tool, context] = [new EraserTool(), new TestContext()];
      Object.assign(context.view, { zoom });
      tool.down(pointerAt(33.3, 44.4), context);
      tool.up(pointerAt(33.3, 44.4), context);
      expect(context.steps[0]?.kind).toBe("erase");
      return [...(context.steps[0]?.pixels ?? [])];
    };
    expect(pixelsAt(0.1)).toEqual(pixelsAt(16));
  });
});

describe("polygon", () => {
  function withCorners(...corners: [number, number][]): [PolygonTool, TestContext] {
    const [tool, context] = [new PolygonTool(), new TestContext()];
    for (const [x, y] of corners) tool.down(pointerAt(x, y), context);
    return [tool, context];
  }
  const square: [number, number][] = [
    [10, 10],
    [30, 10],
    [30, 30],
    [10, 30],
  ];

  it("closes by a click on the first corner", () => {
    const [tool, context] = withCorners(...square);
    tool.down(pointerAt(13, 12), context);
    expect(context.steps[0]?.pixels.size).toBe(400);
  });

  it("closes by a right click, by Enter and by a double click", () => {
    for (const close of [
      (tool: PolygonTool, context: TestContext) => tool.down(pointerAt(99, 99, { button: "right" }), context),
      (tool: PolygonTool, context: TestContext) => tool.key("Enter", context),
      (tool: PolygonTool, context: TestContext) => {
        tool.down(pointerAt(10, 30), context);
        tool.doubleClick(pointerAt(10, 30), context);
      },
    ]) {
      const [tool, context] = withCorners(...square);
      close(tool, context);
      expect(context.steps.map(({ pixels }) => pixels.size)).toEqual([400]);
    }
  });

  it("starts nothing by the second click of a double click on the first corner", () => {
    const [tool, context] = withCorners(...square);
    tool.down(pointerAt(10, 10), context);
    tool.down(pointerAt(10, 10), context);
    tool.doubleClick(pointerAt(10, 10), context);
    expect([context.steps.length, tool.cancel(context)]).toEqual([1, false]);
  });

  it("removes the last corner by Backspace", () => {
    const [tool, context] = withCorners(...square, [200, 200]);
    expect(tool.key("Backspace", context)).toBe(true);
    tool.key("Enter", context);
    expect(context.steps[0]?.pixels.size).toBe(400);
    expect(tool.key("Backspace", context)).toBe(false);
  });

  it("keeps two corners open, so that a slip loses nothing", () => {
    const [tool, context] = withCorners([10, 10], [30, 10]);
    tool.key("Enter", context);
    tool.down(pointerAt(10, 10), context);
    expect(context.steps).toEqual([]);
    expect(tool.cancel(context)).toBe(true);
    expect(tool.cancel(context)).toBe(false);
  });
});

describe("rectangle", () => {
  it("fills the pixels whose centres it encloses, whichever way it was dragged", () => {
    const [tool, context] = [new RectangleTool(), new TestContext()];
    tool.down(pointerAt(20.4, 9.6), context);
    tool.move([pointerAt(15, 7)], true, context);
    tool.up(pointerAt(10.6, 4.4), context);
    expect(context.steps[0]?.pixels.size).toBe(9 * 6);
    expect(context.steps[0]?.pixels.has("11 4")).toBe(true);
    expect(context.steps[0]?.pixels.has("10 4")).toBe(false);
  });

  it("is a square with Shift", () => {
    const [tool, context] = [new RectangleTool(), new TestContext()];
    tool.down(pointerAt(10, 10), context);
    tool.up(pointerAt(14, 30, { shift: true }), context);
    expect(context.steps[0]?.pixels.size).toBe(400);
  });

  it("is given up by Escape", () => {
    const [tool, context] = [new RectangleTool(), new TestContext()];
    tool.down(pointerAt(10, 10), context);
    expect(tool.cancel(context)).toBe(true);
    tool.up(pointerAt(50, 50), context);
    expect(context.steps).toEqual([]);
  });
});

describe("fill", () => {
  it("fills what looks alike and is connected", async () => {
    const [tool, context] = [new FillTool(), new TestContext()];
    context.state = { ...context.state, fillTolerance: 10 };
    context.grey = (x, y) => (x >= 250 && x < 262 && y < 5 ? 100 + (x % 10) : x > 280 ? 100 : 200);
    tool.down(pointerAt(255.5, 2.5), context);
    expect(tool.cursor).toBe("progress");
    await vi.waitFor(() => expect(context.steps).toHaveLength(1));
    expect(context.steps[0]?.pixels.size).toBe(60);
    expect(tool.cursor).toBe("crosshair");
  });

  it("does nothing outside the image", () => {
    const [tool, context] = [new FillTool(), new TestContext()];
    tool.down(pointerAt(-1, 5), context);
    tool.down(pointerAt(300, 5), context);
    expect(tool.cursor).toBe("crosshair");
  });

  it("is given up by Escape while tiles are fetched", async () => {
    const [tool, context] = [new FillTool(), new TestContext()];
    tool.down(pointerAt(5, 5), context);
    expect(tool.cancel(context)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([context.steps.length, context.notices.length]).toEqual([0, 0]);
  });

  it("says that it is at work when it takes long, and no longer when it is done", async () => {
    vi.useFakeTimers();
    const [tool, context] = [new FillTool(), new TestContext()];
    const read = context.tilePixels.bind(context);
    context.tilePixels = async (ty, tx) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return read(ty, tx);
    };
    tool.down(pointerAt(5, 5), context);
    await vi.advanceTimersByTimeAsync(590);
    expect(context.notices).toEqual(["Filling…"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([context.notices, context.steps.length]).toEqual([[], 1]);
    vi.useRealTimers();
  });

  it("says when the image cannot be read", async () => {
    const [tool, context] = [new FillTool(), new TestContext()];
    context.tilePixels = () => Promise.reject(new Error("The server cannot be reached."));
    tool.down(pointerAt(5, 5), context);
    await vi.waitFor(() => expect(context.notices).toHaveLength(1));
    expect(context.steps).toEqual([]);
  });
});

describe("pan", () => {
  it("moves the image with the pointer", () => {
    const [tool, context] = [new PanTool(), new TestContext()];
    tool.move([pointerAt(1, 1)], false, context);
    tool.down(pointerAt(10, 10), context);
    expect(tool.cursor).toBe("grabbing");
    tool.move([pointerAt(15, 4)], true, context);
    tool.up(pointerAt(15, 4), context);
    tool.move([pointerAt(50, 50)], false, context);
    expect(context.pans).toEqual([[-5, 6]]);
    expect(tool.cursor).toBe("grab");
  });
});

describe("crop", () => {
  it("makes a rectangle of whole pixels inside the image", () => {
    const [tool, context] = [new CropTool(), new TestContext()];
    tool.down(pointerAt(20.7, 30.2), context);
    tool.move([pointerAt(-50, 400)], true, context);
    tool.up();
    expect(context.state.cropRectangle).toEqual({ top: 30, left: 0, bottom: 280, right: 21 });
  });

  it("resizes by an edge and moves from inside", () => {
    const [tool, context] = [new CropTool(), new TestContext()];
    context.setCropRectangle({ top: 50, left: 50, bottom: 100, right: 100 });
    tool.down(pointerAt(98, 75), context);
    tool.move([pointerAt(150.4, 10)], true, context);
    tool.up();
    expect(context.state.cropRectangle).toEqual({ top: 50, left: 50, bottom: 100, right: 150 });
    tool.down(pointerAt(75, 75), context);
    tool.move([pointerAt(-200, 80)], true, context);
    tool.up();
    expect(context.state.cropRectangle).toEqual({ top: 55, left: 0, bottom: 105, right: 100 });
  });

  it("begins anew outside, and goes by Escape", () => {
    const [tool, context] = [new CropTool(), new TestContext()];
    context.setCropRectangle({ top: 50, left: 50, bottom: 100, right: 100 });
    tool.down(pointerAt(200, 200), context);
    expect(context.state.cropRectangle).toBeNull();
    tool.move([pointerAt(210, 210)], true, context);
    tool.up();
    expect(tool.cancel(context)).toBe(true);
    expect(context.state.cropRectangle).toBeNull();
    expect(tool.cancel(context)).toBe(false);
  });
});
