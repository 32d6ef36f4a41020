import { describe, expect, it, vi } from "vitest";
import { maskOfBits } from "../smart/mask";
import { Proposals } from "../smart/proposals";
import type { Prompt, Suggestion } from "../smart/suggestion";
import { pointerAt, TestContext } from "../testing/toolContext";
import { SmartTool } from "./smart";

const VIEW = { level: 0, top: 0, left: 0, bottom: 280, right: 300 };

/** Suggests the block of 10 × 10 px around the first point, or the box. */
function suggest(prompt: Prompt, view = VIEW): Suggestion {
  const { y = 0, x = 0 } = prompt.points[0] ?? {};
  const [top, left] = [Math.floor(y / 10) * 10, Math.floor(x / 10) * 10];
  const mask = maskOfBits(new Uint8Array(100).fill(1), 10, top, left);
  const region = { mask, outline: new Int32Array(0), picture: null };
  return { prompt, view, scale: 1, classId: 1, scores: [0, 0, 0], region };
}

function setUp(): { tool: SmartTool; context: TestContext } {
  const context = new TestContext();
  context.smart.suggest = (prompt) => suggest(prompt);
  return { tool: new SmartTool(), context };
}

function click(
  tool: SmartTool,
  context: TestContext,
  x: number,
  y: number,
  extra: Parameters<typeof pointerAt>[2] = {},
) {
  const pointer = pointerAt(x, y, extra);
  context.pointer = pointer;
  tool.move([pointer], false, context);
  tool.down(pointer, context);
  tool.up(pointer, context);
}

const stepped = (context: TestContext, steps: number): Promise<void> =>
  vi.waitFor(() => expect(context.steps).toHaveLength(steps));

describe("smart labelling", () => {
  it("asks for what is under the pointer, inside the image only", () => {
    const { tool, context } = setUp();
    tool.move([pointerAt(12.5, 20.5)], false, context);
    expect(context.smart.asked).toEqual([{ points: [{ y: 20.5, x: 12.5, positive: true }], box: null }]);
    tool.move([pointerAt(-1, 20)], false, context);
    expect([context.smart.asked.length, context.smart.shown]).toEqual([1, null]);
  });

  it("asks before the frame where the browser tells of the movement at once", () => {
    const { tool, context } = setUp();
    tool.foresee(pointerAt(12.5, 20.5), context);
    expect(context.smart.asked).toHaveLength(1);
  });

  it("labels by a click, as one step", async () => {
    const { tool, context } = setUp();
    click(tool, context, 15, 25);
    await stepped(context, 1);
    const { kind, pixels } = context.steps[0] as (typeof context.steps)[0];
    expect([kind, pixels.size, pixels.has("10 20"), pixels.has("19 29")]).toEqual(["paint", 100, true, true]);
  });

  it("labels what was clicked, although the pointer moved on before the answer came", async () => {
    const { tool, context } = setUp();
    let answer = (): void => {};
    context.smart.answers = new Promise((resolve) => {
      answer = resolve;
    });
    click(tool, context, 15, 25);
    tool.move([pointerAt(150, 150)], false, context);
    answer();
    await stepped(context, 1);
    expect(context.steps[0]?.pixels.has("15 25")).toBe(true);
  });

  it("covers every pixel of the image beneath a coarser view", async () => {
    const { tool, context } = setUp();
    context.smart.suggest = (prompt) => suggest(prompt, { level: 1, top: 5, left: 20, bottom: 100, right: 100 });
    click(tool, context, 5, 5);
    await stepped(context, 1);
    const { pixels } = context.steps[0] as (typeof context.steps)[0];
    expect([pixels.size, pixels.has("40 10"), pixels.has("59 29"), pixels.has("39 10")]).toEqual([
      400,
      true,
      true,
      false,
    ]);
  });

  it("stays away after a click until the pointer moves on", async () => {
    const { tool, context } = setUp();
    click(tool, context, 15, 25);
    await stepped(context, 1);
    tool.move([pointerAt(16, 25)], false, context);
    expect(context.smart.shown).toBeNull();
    tool.move([pointerAt(25, 25)], false, context);
    expect(context.smart.shown).not.toBeNull();
  });

  it("labels again where it has labelled, although the pointer did not move", async () => {
    const { tool, context } = setUp();
    click(tool, context, 15, 25);
    await stepped(context, 1);
    tool.down(pointerAt(15, 25), context);
    tool.up(pointerAt(15, 25), context);
    await stepped(context, 2);
  });

  it("goes on to the next scale by a right click", () => {
    const { tool, context } = setUp();
    tool.down(pointerAt(10, 10, { button: "right" }), context);
    tool.up(pointerAt(10, 10, { button: "right" }), context);
    expect([context.smart.scales, context.steps.length]).toEqual([1, 0]);
  });

  it("collects points with Shift and Alt, shows what the next one would do, and labels by Enter", async () => {
    const { tool, context } = setUp();
    click(tool, context, 15, 25, { shift: true });
    click(tool, context, 45, 25, { shift: true });
    click(tool, context, 75, 25, { alt: true });
    expect(context.smart.held).toEqual([3, false]);
    tool.move([pointerAt(90, 90)], false, context);
    expect(context.smart.asked.at(-1)?.points.map(({ x, positive }) => [x, positive])).toEqual([
      [15, true],
      [45, true],
      [75, false],
    ]);
    tool.move([pointerAt(90, 90, { alt: true })], false, context);
    expect(context.smart.asked.at(-1)?.points.at(-1)).toEqual({ y: 90, x: 90, positive: false });
    expect(tool.key("Enter", context)).toBe(true);
    await stepped(context, 1);
    expect(context.smart.held).toEqual([0, false]);
  });

  it("takes the place before Alt was pressed as what is meant", () => {
    const { tool, context } = setUp();
    tool.move([pointerAt(15, 25)], false, context);
    click(tool, context, 60, 25, { alt: true });
    expect(context.smart.asked.at(-1)?.points.slice(0, 2)).toEqual([
      { y: 25, x: 15, positive: true },
      { y: 25, x: 60, positive: false },
    ]);
    expect(context.smart.held).toEqual([2, false]);
  });

  it("draws a box by dragging, which Enter labels", async () => {
    const { tool, context } = setUp();
    tool.down(pointerAt(100.4, 50.2), context);
    tool.move([pointerAt(60, 20)], true, context);
    expect(context.smart.asked.at(-1)).toEqual({ points: [], box: { top: 20, left: 60, bottom: 51, right: 101 } });
    tool.up(pointerAt(-20, 300), context);
    expect(context.smart.asked.at(-1)?.box).toEqual({ top: 50, left: 0, bottom: 280, right: 101 });
    expect(context.steps).toEqual([]);
    tool.key("Enter", context);
    await stepped(context, 1);
  });

  it("takes points back one by one with Backspace, and all by Escape", () => {
    const { tool, context } = setUp();
    expect(tool.key("Backspace", context)).toBe(false);
    click(tool, context, 15, 25, { shift: true });
    click(tool, context, 45, 25, { shift: true });
    expect(tool.key("Backspace", context)).toBe(true);
    expect(context.smart.held).toEqual([1, false]);
    expect(tool.cancel(context)).toBe(true);
    expect([context.smart.held, tool.cancel(context), context.steps.length]).toEqual([[0, false], false, 0]);
  });

  it("says that suggestions are being prepared, and labels nothing", async () => {
    const { tool, context } = setUp();
    context.smart.suggest = () => null;
    click(tool, context, 15, 25);
    await vi.waitFor(() => expect(context.notices).toEqual(["The suggestions are being prepared."]));
    expect([context.steps.length, tool.key("Enter", context)]).toEqual([0, false]);
  });

  it("stays quiet where drawing is not possible", async () => {
    const { tool, context } = setUp();
    context.refusesToDraw = true;
    click(tool, context, 15, 25);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(context.steps).toEqual([]);
  });
});

describe("label all like this", () => {
  function withProposals(): ReturnType<typeof setUp> {
    const { tool, context } = setUp();
    const block = (top: number, left: number) => maskOfBits(new Uint8Array(100).fill(1), 10, top, left);
    const all = [
      { mask: block(0, 0), similarity: 0.9 },
      { mask: block(50, 50), similarity: 0.8 },
      { mask: block(90, 90), similarity: 0.3 },
    ];
    context.alike.show(new Proposals(VIEW, 1, all, 0.5));
    return { tool, context };
  }

  it("labels all that were not left out, as one step", () => {
    const { tool, context } = withProposals();
    click(tool, context, 55, 55);
    click(tool, context, 200, 200);
    expect(context.steps).toEqual([]);
    expect(tool.key("Enter", context)).toBe(true);
    expect(context.steps.map(({ pixels }) => [pixels.size, pixels.has("5 5")])).toEqual([[100, true]]);
    expect(context.alike.shown).toBeNull();
  });

  it("suggests nothing else meanwhile, and is given up by Escape", () => {
    const { tool, context } = withProposals();
    tool.move([pointerAt(150, 150)], false, context);
    expect(context.smart.asked).toEqual([]);
    expect([tool.cancel(context), context.alike.shown, context.steps.length]).toEqual([true, null, 0]);
  });
});
