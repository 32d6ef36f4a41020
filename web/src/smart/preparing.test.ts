import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Preparing, SETTLED_MS, type WantedView } from "./preparing";
import type { Prompt } from "./suggestion";

interface Request {
  wanted: WantedView;
  signal: AbortSignal;
  answer(): void;
  refuse(failure: Error): void;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(mayTryAgain = false) {
  const requests: Request[] = [];
  const forgotten: number[] = [];
  const failures: string[] = [];
  const preparing = new Preparing({
    fetch: (wanted, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        requests.push({ wanted, signal, answer: () => resolve(new ArrayBuffer(0)), refuse: reject });
      }),
    describe: () => ({ kind: "hierarchy", learned: false }),
    ready: () => {},
    forget: (key) => forgotten.push(key),
    failed: (model) => {
      failures.push(model);
      return mayTryAgain;
    },
    changed: () => {},
  });
  return { preparing, requests, forgotten, failures };
}

const at = (left: number, model = "builtin", resultId: string | null = null): WantedView => ({
  model,
  resultId,
  rectangle: { level: 0, top: 0, left, bottom: 100, right: left + 100 },
});
const point = (x: number): Prompt => ({ points: [{ y: 5, x, positive: true }], box: null });
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(SETTLED_MS + 1);

describe("preparing", () => {
  it("fetches when the view has settled, not before", async () => {
    const { preparing, requests } = setUp();
    for (const left of [0, 10, 20]) {
      preparing.want([at(left)]);
      await vi.advanceTimersByTimeAsync(SETTLED_MS / 2);
    }
    expect(requests).toHaveLength(0);
    await settled();
    expect(requests.map(({ wanted }) => wanted.rectangle.left)).toEqual([20]);
    expect(preparing.pending).toEqual(["builtin"]);
    requests[0]?.answer();
    await settled();
    expect([preparing.pending, preparing.viewFor(point(30))?.key]).toEqual([[], 1]);
  });

  it("gives up a fetch for a view that is not wanted any more, and keeps one that still is", async () => {
    const { preparing, requests } = setUp();
    preparing.want([at(0)]);
    await settled();
    preparing.want([at(0)]);
    await settled();
    expect(requests).toHaveLength(1);
    preparing.want([at(50)]);
    expect(requests[0]?.signal.aborted).toBe(true);
    await settled();
    expect(requests).toHaveLength(2);
  });

  it("answers from an older view until the new one is there", async () => {
    const { preparing, requests } = setUp();
    preparing.want([at(0)]);
    await settled();
    requests[0]?.answer();
    await settled();
    preparing.want([at(50, "builtin", "new result")]);
    await settled();
    expect(preparing.viewFor(point(60))?.key).toBe(1);
    expect(preparing.viewFor(point(120))).toBeNull();
    requests[1]?.answer();
    await settled();
    expect(preparing.viewFor(point(60))).toMatchObject({ key: 2, resultId: "new result" });
    expect(preparing.viewFor(point(10))?.key).toBe(1);
  });

  it("lets the built-in suggester answer while a model is at work, and the model afterwards", async () => {
    const { preparing, requests } = setUp();
    preparing.want([at(0), at(0, "sam")]);
    await settled();
    requests[0]?.answer();
    await settled();
    expect(preparing.viewFor(point(5))?.model).toBe("builtin");
    expect(preparing.pending).toEqual(["sam"]);
    requests[1]?.answer();
    await settled();
    expect(preparing.viewFor(point(5))?.model).toBe("sam");
  });

  it("does not try a model again that failed for good, until it is chosen again", async () => {
    const { preparing, requests, failures } = setUp();
    preparing.want([at(0, "sam")]);
    await settled();
    requests[0]?.refuse(new Error("no"));
    await vi.advanceTimersByTimeAsync(20_000);
    preparing.want([at(50, "sam")]);
    await settled();
    expect([failures, requests.length, preparing.pending]).toEqual([["sam"], 1, []]);
    preparing.want([]);
    preparing.want([at(50, "sam")]);
    await settled();
    expect(requests).toHaveLength(2);
  });

  it("tries again after a while where that may help", async () => {
    const { preparing, requests } = setUp(true);
    preparing.want([at(0)]);
    await settled();
    requests[0]?.refuse(new Error("busy"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toHaveLength(2);
  });

  it("keeps the newest three views of a model", async () => {
    const { preparing, requests, forgotten } = setUp();
    for (const left of [0, 100, 200, 300, 400]) {
      preparing.want([at(left)]);
      await settled();
      requests.at(-1)?.answer();
      await settled();
    }
    expect(forgotten).toEqual([1, 2]);
    expect(preparing.viewFor(point(50))).toBeNull();
    expect(preparing.viewFor(point(250))?.key).toBe(3);
  });
});
