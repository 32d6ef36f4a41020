import { describe, expect, it } from "vitest";
import { packArrays } from "../testing/containers";
import { AnswerDesk } from "./answerDesk";
import type { Answerer } from "./answerer";
import { maskOfBits } from "./mask";
import type { FromWorker, Question } from "./protocol";
import type { SuggestedRegion } from "./suggestion";

/** Answers with a square of 4 px a side whose top left corner is the first point. */
const squares: Answerer = {
  height: 20,
  width: 30,
  answer: ({ points }) => {
    const [{ y, x } = { y: 0, x: 0 }] = points;
    if (y > 15) throw new Error("Too far down.");
    return {
      scores: [0.1, 0.2, 0.3],
      identity: `${y} ${x}`,
      mask: () => maskOfBits(new Uint8Array(16).fill(1), 4, y, x),
    };
  },
};

const SOURCE = { projectId: "one", image: 0, rectangle: { level: 0, top: 0, left: 0, bottom: 20, right: 30 } };

function setUp(): { desk: AnswerDesk; sent: FromWorker[] } {
  const sent: FromWorker[] = [];
  const desk = new AnswerDesk({ read: () => squares, picture: () => null, send: (message) => sent.push(message) });
  void desk.hear({ kind: "view", key: 1, content: packArrays({}, []), source: SOURCE });
  return { desk, sent };
}

function question(serial: number, y: number, x: number, blockedClass = 0): Question {
  const blocked = new Uint8Array(256);
  if (blockedClass > 0) blocked[blockedClass] = 1;
  return { serial, key: 1, prompt: { points: [{ y, x, positive: true }], box: null }, scale: 1, blocked, colour: 1 };
}

function regionOf(message: FromWorker | undefined): SuggestedRegion | "same" | null {
  return message?.kind === "answer" ? message.answer.region : null;
}

describe("answer desk", () => {
  it("answers with mask and outline, and says where nothing differs from before", async () => {
    const { desk, sent } = setUp();
    await desk.hear({ kind: "ask", question: question(1, 2, 3) });
    await desk.hear({ kind: "ask", question: question(2, 2, 3) });
    await desk.hear({ kind: "ask", question: question(3, 2, 4) });
    expect(sent.map((message) => message.kind === "answer" && message.answer.serial)).toEqual([1, 2, 3]);
    expect(regionOf(sent[0])).toMatchObject({
      mask: { area: 16, top: 2, left: 3, bottom: 6, right: 7 },
      picture: null,
    });
    expect(regionOf(sent[1])).toBe("same");
    expect(regionOf(sent[2])).not.toBe("same");
  });

  it("answers at the likeliest scale where none was chosen, and says which", async () => {
    const { desk, sent } = setUp();
    await desk.hear({ kind: "ask", question: { ...question(1, 2, 3), scale: "best" } });
    await desk.hear({ kind: "ask", question: { ...question(2, 2, 3), scale: 2 } });
    expect(sent.map((message) => message.kind === "answer" && message.answer.scale)).toEqual([2, 2]);
    expect(regionOf(sent[1])).toBe("same");
  });

  it("leaves out what is labelled as another class, as soon as it is told", async () => {
    const { desk, sent } = setUp();
    const part = { y0: 0, x0: 0, y1: 20, x1: 5, classes: new Uint8Array(100).fill(2) };
    await desk.hear({ kind: "labels", key: 1, part });
    await desk.hear({ kind: "ask", question: question(1, 2, 3, 2) });
    await desk.hear({ kind: "ask", question: question(2, 2, 3, 5) });
    expect(regionOf(sent[0])).toMatchObject({ mask: { area: 8, left: 5, right: 7 } });
    expect(regionOf(sent[1])).toMatchObject({ mask: { area: 16 } });
    await desk.hear({ kind: "labels", key: 1, part: { ...part, classes: new Uint8Array(100) } });
    await desk.hear({ kind: "ask", question: question(3, 2, 3, 2) });
    expect(regionOf(sent[2])).toMatchObject({ mask: { area: 16 } });
  });

  it("names what went wrong, and goes on", async () => {
    const { desk, sent } = setUp();
    await desk.hear({ kind: "ask", question: question(1, 16, 3) });
    await desk.hear({ kind: "ask", question: { ...question(2, 2, 3), key: 7 } });
    await desk.hear({ kind: "view", key: 8, content: new ArrayBuffer(4), source: SOURCE });
    await desk.hear({ kind: "forget", key: 1 });
    await desk.hear({ kind: "ask", question: question(3, 2, 3) });
    expect(sent.map((message) => message.kind === "broken" && [message.key, message.message.slice(0, 20)])).toEqual([
      [1, "Too far down."],
      [7, "The view is not ther"],
      [8, "What the server prep"],
      [1, "The view is not ther"],
    ]);
  });
});
