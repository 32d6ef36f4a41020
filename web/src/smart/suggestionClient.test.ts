import { describe, expect, it } from "vitest";
import type { Answer, FromWorker, Question, ToWorker } from "./protocol";
import { SuggestionClient, type WorkerLike } from "./suggestionClient";

class FakeWorker implements WorkerLike {
  readonly heard: ToWorker[] = [];
  onmessage: WorkerLike["onmessage"] = null;
  postMessage = (message: ToWorker): void => void this.heard.push(message);
  terminate = (): void => {};
  get asked(): number[] {
    return this.heard.flatMap((message) => (message.kind === "ask" ? message.question.serial : []));
  }
  say(data: FromWorker): void {
    this.onmessage?.({ data } as MessageEvent<FromWorker>);
  }
  answer(serial: number): void {
    this.say({ kind: "answer", answer: { serial, key: 1, scores: [], scale: 0, region: "same" } });
  }
}

const question = (serial: number): Question => ({
  serial,
  key: 1,
  prompt: { points: [], box: null },
  scale: 0,
  blocked: new Uint8Array(256),
  colour: 0,
});

function setUp() {
  const worker = new FakeWorker();
  const answers: Answer[] = [];
  const broken: string[] = [];
  const client = new SuggestionClient(worker, {
    answered: (answer) => answers.push(answer),
    broken: (_key, message) => broken.push(message),
  });
  return { worker, client, answers, broken };
}

describe("suggestion client", () => {
  it("asks one question at a time and leaves out those that are stale", () => {
    const { worker, client, answers } = setUp();
    for (const serial of [1, 2, 3, 4]) client.ask(question(serial));
    expect(worker.asked).toEqual([1]);
    worker.answer(1);
    expect(worker.asked).toEqual([1, 4]);
    worker.answer(4);
    client.ask(question(5));
    expect(worker.asked).toEqual([1, 4, 5]);
    expect(answers.map(({ serial }) => serial)).toEqual([1, 4]);
  });

  it("goes on after a question that could not be answered", () => {
    const { worker, client, broken } = setUp();
    client.ask(question(1));
    client.ask(question(2));
    worker.say({ kind: "broken", key: 1, message: "no" });
    expect([worker.asked, broken]).toEqual([[1, 2], ["no"]]);
  });
});
