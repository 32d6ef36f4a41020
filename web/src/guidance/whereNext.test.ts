import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { View } from "../canvas/view";
import type { EditorState, ImageSummary, Project, ResultInfo, Schemas } from "../state/contract";
import { initialState } from "../state/initialState";
import { Notices } from "../state/notices";
import { WhereNext } from "./whereNext";

const place = (y: number, x: number, image = 0): Schemas["LabelPlace"] => ({
  image,
  y,
  x,
  radius_px: 8,
  interest: 0.3,
  uncertainty: 0.4,
  classes: [1, 2],
  distance_px: 90,
  reason: "Uncertain between matrix and pore",
});
const result = (revision: number): ResultInfo => ({ id: "r", revision, state: "complete" }) as ResultInfo;
const image = (id: number, has: ImageSummary["result"]): ImageSummary => ({ id, result: has }) as ImageSummary;

const PLACES = [place(10, 20), place(30, 40), place(50, 60)];
const SEGMENTED = {
  project: { id: "one" } as Project,
  images: [image(0, "complete"), image(1, "complete")],
  result: result(1),
  labelledPixels: { 1: 50, 2: 60 },
};

/** What the server answers next, and what it was asked. */
let answer: () => Response | Promise<Response>;
let asked: string[];
let store: StoreApi<EditorState>;
let view: View;
let guide: WhereNext;
let stored: ReturnType<typeof vi.fn<(projectId: string) => Promise<void>>>;
let showImage: ReturnType<typeof vi.fn<(id: number) => Promise<void>>>;

beforeEach(() => {
  asked = [];
  answer = () => Response.json({ places: PLACES });
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request.url.replace(/^.*\/api/, ""));
    return answer();
  });
  store = createStore(() => ({ ...initialState(), ...SEGMENTED }) as EditorState);
  view = { x: 0, y: 0, zoom: 3, width: 1000, height: 600 };
  stored = vi.fn(async () => {});
  showImage = vi.fn(async (id: number) => store.setState({ image: id }));
  guide = new WhereNext({
    store,
    notices: new Notices(store),
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
    showImage,
  });
});

afterEach(() => void vi.unstubAllGlobals());

const at = (): number | null | undefined => store.getState().whereNext?.at;
const messages = (): string[] => store.getState().notices.map(({ message }) => message);

/** A promise, and what resolves it. */
function held<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("where next", () => {
  it("asks once the server has all labels, and leads through the list and around", async () => {
    stored.mockImplementation(async () => void expect(asked).toEqual([]));
    await guide.go(1);
    expect(stored).toHaveBeenCalledWith("one");
    expect(asked).toEqual(["/projects/one/where-next?image=0"]);
    expect([at(), view.y, view.x]).toEqual([0, 10.5, 20.5]);
    await guide.go(1);
    await guide.go(1);
    expect([at(), view.y, view.x]).toEqual([2, 50.5, 60.5]);
    await guide.go(1);
    expect(at()).toBe(0);
    expect(asked).toHaveLength(1);
  });

  it("leads back, from the first place to the last", async () => {
    await guide.go(-1);
    expect(at()).toBe(2);
    await guide.go(-1);
    expect(at()).toBe(1);
  });

  it("asks anew when the classifier has learned, and begins with the first place", async () => {
    await guide.go(1);
    await guide.go(1);
    store.setState({ result: result(2) });
    answer = () => Response.json({ places: [place(70, 80)] });
    await guide.go(1);
    expect(asked).toHaveLength(2);
    expect([at(), view.y, view.x]).toEqual([0, 70.5, 80.5]);
  });

  it("keeps the list while another image is looked at", async () => {
    await guide.go(1);
    store.setState({ image: 1, result: { ...result(9), id: "other" } });
    await guide.go(1);
    expect(asked).toHaveLength(1);
    expect(showImage).toHaveBeenCalledWith(0);
    expect(at()).toBe(1);
  });

  it("shows a place of another image there", async () => {
    answer = () => Response.json({ places: [place(10, 20, 1)] });
    await guide.go(1);
    expect(showImage).toHaveBeenCalledWith(1);
    expect([store.getState().image, at(), view.y]).toEqual([1, 0, 10.5]);
  });

  it("moves nothing where another image was not shown, or another place was asked for meanwhile", async () => {
    answer = () => Response.json({ places: [place(10, 20, 1), place(30, 40)] });
    showImage.mockImplementation(async () => {});
    await guide.go(1);
    expect([at(), view.y]).toEqual([null, 0]);
    const appearing = held<void>();
    showImage.mockImplementation(() => appearing.promise);
    const first = guide.show(0);
    await guide.show(1);
    store.setState({ image: 1 });
    appearing.resolve();
    await first;
    expect([at(), view.y]).toEqual([1, 30.5]);
  });

  it("takes the mark away when somebody labels, and keeps the list", async () => {
    await guide.go(1);
    store.setState({ labelledPixels: { 1: 50, 2: 60 } });
    expect(at()).toBe(0); // the same numbers were told again
    store.setState({ labelledPixels: { 1: 50, 2: 75 } });
    expect(at()).toBeNull();
    expect(guide.leave()).toBe(false);
    await guide.go(1);
    expect([at(), asked.length]).toEqual([1, 1]);
  });

  it("says what to do where nothing is segmented, and asks nothing", async () => {
    store.setState({ result: null, images: [image(0, "none")] });
    await guide.go(1);
    expect(messages()).toEqual(["Nothing is segmented yet."]);
    expect(asked).toEqual([]);
  });

  it("says when nothing is unsure, each time", async () => {
    answer = () => Response.json({ places: [] });
    await guide.go(1);
    expect(messages()).toEqual(["The classifier is sure of nearly everything."]);
    store.setState({ notices: [] });
    await guide.go(-1);
    expect(messages()).toEqual(["The classifier is sure of nearly everything."]);
    expect(at()).toBeNull();
  });

  it("says what the server refused, and asks again the next time", async () => {
    const error = { code: "not_found", message: "The result has gone.", hint: "Ask again." };
    answer = () => Response.json({ error }, { status: 404 });
    await guide.go(1);
    expect(messages()).toEqual(["The result has gone."]);
    answer = () => Response.json({ places: PLACES });
    await guide.go(1);
    expect([messages(), at(), asked.length]).toEqual([[], 0, 2]);
  });

  it("leaves an answer alone that comes for a project which is closed", async () => {
    const late = held<Response>();
    answer = () => late.promise;
    const going = guide.go(1);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    store.setState({ project: { id: "two" } as Project, whereNext: null });
    late.resolve(Response.json({ places: PLACES }));
    await going;
    expect(store.getState().whereNext).toBeNull();
    expect(view.y).toBe(0);
  });

  it("marks the place on the image where it lies, and nothing else", async () => {
    const canvas = {
      save: vi.fn(),
      restore: vi.fn(),
      beginPath: vi.fn(),
      arc: vi.fn(),
      stroke: vi.fn(),
    } as unknown as CanvasRenderingContext2D;
    guide.draw(canvas);
    expect(canvas.stroke).not.toHaveBeenCalled();
    await guide.go(1);
    guide.draw(canvas);
    expect(canvas.arc).toHaveBeenCalledWith(500, 300, expect.any(Number), 0, 2 * Math.PI);
    vi.mocked(canvas.stroke).mockClear();
    store.setState({ image: 1 });
    guide.draw(canvas);
    expect(canvas.stroke).not.toHaveBeenCalled();
  });
});
