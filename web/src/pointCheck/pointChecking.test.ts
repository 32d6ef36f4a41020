import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import type { View } from "../canvas/view";
import type { CheckedPoint, EditorState, PointCheckStatus, Project, ResultInfo, Schemas } from "../state/contract";
import { initialState } from "../state/initialState";
import { Notices } from "../state/notices";
import { PointChecking } from "./pointChecking";

const point = (y: number, x: number, answer: CheckedPoint["answer"] = null): CheckedPoint => ({ y, x, answer });
const checkOf = (points: CheckedPoint[], id = "check"): Schemas["PointCheckInfo"] => ({
  id,
  drawn: "",
  points,
  estimate: null,
});
const POINTS = [point(10, 20), point(30, 40), point(50, 60)];
const SEGMENTED = {
  project: { id: "one", access: "owner" } as Project,
  result: { id: "r", state: "complete" } as ResultInfo,
};

/** What the server answers next, and what it was told: number and answer. */
let answer: () => Response | Promise<Response>;
let told: [number, unknown][];
let store: StoreApi<EditorState>;
let view: View;
let checking: PointChecking;
let leaveTools: ReturnType<typeof vi.fn<() => void>>;
let stored: ReturnType<typeof vi.fn<(projectId: string) => Promise<void>>>;
let isToldInFront: (failure: ApiError) => boolean;

beforeEach(() => {
  told = [];
  answer = () => Response.json(checkOf(POINTS));
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = request.url.replace(/^.*\/api/, "");
    expect(request.method).toBe("PUT");
    const number = /^\/projects\/one\/point-check\/check\/points\/(\d+)\?image=0$/.exec(path)?.[1];
    told.push([Number(number), ((await request.json()) as Schemas["PointAnswerBody"]).answer]);
    return answer();
  });
  store = createStore(() => ({ ...initialState(), ...SEGMENTED }) as EditorState);
  view = { x: 0, y: 0, zoom: 0.5, width: 1000, height: 600 };
  leaveTools = vi.fn();
  stored = vi.fn(async () => {});
  isToldInFront = () => false;
  checking = new PointChecking({
    store,
    notices: new Notices(store, (failure) => isToldInFront(failure)),
    stage: {
      get view() {
        return view;
      },
      setView: (next: View) => {
        view = next;
      },
      requestFrame: vi.fn(),
    },
    stored,
    leaveTools,
  });
});

afterEach(() => void vi.unstubAllGlobals());

const status = (): PointCheckStatus | null => store.getState().pointCheck;
const answers = (): (CheckedPoint["answer"] | undefined)[] => status()?.points.map((one) => one.answer) ?? [];
const messages = (): string[] => store.getState().notices.map(({ message }) => message);
const refused = (status: number, code = "refused"): Response =>
  Response.json({ error: { code, message: "It was refused.", hint: "Look." } }, { status });

/** A promise, and what resolves it. */
function held<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("check by points", () => {
  it("asks for one point after the other, at once, and tells the server in their order", async () => {
    checking.begin(0, checkOf(POINTS));
    expect(leaveTools).toHaveBeenCalled();
    expect([status()?.at, view.y, view.x, view.zoom]).toEqual([0, 10.5, 20.5, 4]);
    view = { ...view, zoom: 9 };
    checking.answer(2);
    expect([status()?.at, view.y, view.x, view.zoom]).toEqual([1, 30.5, 40.5, 9]);
    checking.answer("unsure");
    checking.answer(1);
    expect(answers()).toEqual([2, "unsure", 1]);
    expect(status()).toMatchObject({ at: null, unstored: 3 });
    await checking.settled();
    expect(status()).toMatchObject({ at: null, unstored: 0 });
    expect(told).toEqual([
      [0, 2],
      [1, "unsure"],
      [2, 1],
    ]);
    expect(messages()).toEqual([]);
  });

  it("sends nothing before labels and classes are stored, and one answer at a time", async () => {
    const ready = held<void>();
    stored.mockImplementationOnce(() => ready.promise);
    const first = held<Response>();
    answer = () => first.promise;
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    checking.answer(2);
    await Promise.resolve();
    expect(told).toEqual([]);
    ready.resolve();
    await vi.waitFor(() => expect(told).toEqual([[0, 1]]));
    answer = () => Response.json(checkOf(POINTS));
    first.resolve(Response.json(checkOf(POINTS)));
    await checking.settled();
    expect(told).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it("goes on at the first point without an answer, and back point by point", async () => {
    checking.begin(0, checkOf([point(1, 1, 2), point(2, 2), point(3, 3)]));
    expect(status()?.at).toBe(1);
    checking.back();
    expect([status()?.at, view.y]).toEqual([0, 1.5]);
    checking.back();
    expect(status()?.at).toBe(0);
    checking.answer(1);
    expect(status()?.at).toBe(1);
    checking.answer(1);
    checking.answer(1);
    expect(status()?.at).toBeNull();
    checking.back();
    expect(status()?.at).toBe(2);
    await checking.settled();
  });

  it("begins with the last point where all have an answer, so that it can be changed", () => {
    checking.begin(0, checkOf([point(1, 1, 2), point(2, 2, "unsure")]));
    expect(status()?.at).toBe(1);
  });

  it("asks again what the server did not take, and all that was said after it", async () => {
    const first = held<Response>();
    answer = () => first.promise;
    checking.begin(0, checkOf([point(1, 1, "unsure"), point(2, 2), point(3, 3)]));
    checking.back();
    checking.answer(1);
    checking.answer(2);
    expect(answers()).toEqual([1, 2, null]);
    await vi.waitFor(() => expect(told).toHaveLength(1));
    first.resolve(refused(422));
    await checking.settled();
    expect(answers()).toEqual(["unsure", null, null]);
    expect([status()?.at, status()?.unstored, view.y]).toEqual([0, 0, 1.5]);
    expect(messages()).toEqual(["The answer was not stored. It was refused."]);
    expect(told).toEqual([[0, 1]]);
    answer = () => Response.json(checkOf(POINTS));
    checking.answer(2);
    expect(messages()).toEqual([]);
    await checking.settled();
    expect(answers()).toEqual([2, null, null]);
  });

  it("says when the server is away, and does not go on as if the answer were stored", async () => {
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    await checking.settled();
    expect(status()).toMatchObject({ at: 0, unstored: 0, points: POINTS });
    expect(store.getState().notices).toMatchObject([
      {
        message: "The answer was not stored. The server cannot be reached.",
        hint: "Answer the point again when the server is there.",
      },
    ]);
    checking.stop();
    expect(messages()).toEqual([]);
  });

  it("asks again after labels could not be stored", async () => {
    stored.mockRejectedValueOnce(new ApiError("unreachable", "The server cannot be reached.", "", 0));
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    await checking.settled();
    expect([status()?.at, told.length]).toEqual([0, 0]);
  });

  it("is silent about a refusal that is told in front of the page", async () => {
    isToldInFront = ({ status: code }) => code === 401;
    answer = () => refused(401);
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    await checking.settled();
    expect([status()?.at, messages()]).toEqual([0, []]);
  });

  it("ends where other points were drawn meanwhile", async () => {
    answer = () => refused(404, "not_found");
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    checking.answer(2);
    await checking.settled();
    expect(status()).toBeNull();
    expect(told).toHaveLength(1);
    expect(messages()).toEqual(["The answer was not stored. It was refused."]);
  });

  it("stops on demand, and still stores what was answered", async () => {
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    expect(checking.stop()).toBe(true);
    expect(checking.stop()).toBe(false);
    checking.answer(2);
    checking.back();
    await checking.settled();
    expect(told).toEqual([[0, 1]]);
    expect(status()).toBeNull();
  });

  it.each([
    ["another image is shown", { image: 1 }],
    ["the segmentation is gone", { result: null }],
    ["the project is closed", { project: null }],
    ["one may only look from now on", { project: { ...SEGMENTED.project, access: "viewer" } as Project }],
  ])("stops when %s", async (_, change: Partial<EditorState>) => {
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    leaveTools.mockClear();
    answer = () => refused(422);
    store.setState(change);
    expect(status()).toBeNull();
    expect(leaveTools).toHaveBeenCalledOnce();
    await checking.settled();
    expect(status()).toBeNull();
  });

  it("goes on while the image is segmented anew", () => {
    checking.begin(0, checkOf(POINTS));
    store.setState({ result: { id: "s", state: "running" } as ResultInfo });
    expect(status()?.at).toBe(0);
  });

  it("does not begin where nothing was drawn, or for an image that is not shown", () => {
    checking.begin(0, { id: null, drawn: null, points: [], estimate: null });
    checking.begin(1, checkOf(POINTS));
    expect(status()).toBeNull();
  });

  it("leaves a newer check alone when an answer of the one before is refused", async () => {
    const first = held<Response>();
    answer = () => first.promise;
    checking.begin(0, checkOf(POINTS));
    checking.answer(1);
    checking.stop();
    checking.begin(0, checkOf(POINTS, "another"));
    first.resolve(refused(422));
    await checking.settled();
    expect(status()).toMatchObject({ id: "another", at: 0 });
    expect(answers()).toEqual([null, null, null]);
  });
});
