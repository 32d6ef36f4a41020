import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/error";
import { DraftWriter, type Keeping } from "./draftWriter";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function writer(send: (text: string) => Promise<string>) {
  const answers: string[] = [];
  const states: Keeping["state"][] = [];
  const made = new DraftWriter(send, {
    answer: (answer) => answers.push(answer),
    keeping: ({ state }) => states.push(state),
  });
  return { made, answers, states };
}

it("sends the last of several changes, once", async () => {
  const send = vi.fn(async (text: string) => text);
  const { made, answers, states } = writer(send);
  for (const text of ["a", "ab", "abc"]) made.change(text);
  await vi.advanceTimersByTimeAsync(1000);
  expect(send.mock.calls).toEqual([["abc"]]);
  expect(answers).toEqual(["abc"]);
  expect(states.at(-1)).toBe("kept");
});

it("sends what is written meanwhile after the answer, never before it", async () => {
  const answer: { now?: () => void } = {};
  const send = vi.fn(
    (text: string) =>
      new Promise<string>((resolve) => {
        answer.now = () => resolve(text);
      }),
  );
  const { made, states } = writer(send);
  made.change("a");
  await vi.advanceTimersByTimeAsync(1000);
  made.change("b");
  const all = made.flush();
  expect(send).toHaveBeenCalledTimes(1);
  answer.now?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(send).toHaveBeenCalledTimes(2);
  answer.now?.();
  expect(await all).toBe(true);
  expect(states.at(-1)).toBe("kept");
});

it("says what was refused, and keeps the next change", async () => {
  const send = vi.fn(async (text: string) => {
    if (text === "bad") throw new ApiError("metadata", "doi: no.", "", 422);
    return text;
  });
  const { made, states } = writer(send);
  made.change("bad");
  expect(await made.flush()).toBe(false);
  expect(states.at(-1)).toBe("refused");
  made.change("good");
  expect(await made.flush()).toBe(true);
  expect(states.at(-1)).toBe("kept");
});
