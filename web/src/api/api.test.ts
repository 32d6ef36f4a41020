import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchBytes } from "./client";
import { ApiError, errorFromBody } from "./error";
import { followProject, type ProjectEvents } from "./events";
import { fileName } from "./jobs";
import { getProject } from "./projects";

afterEach(() => {
  vi.unstubAllGlobals();
});

function answer(body: BodyInit | null, init?: ResponseInit): void {
  vi.stubGlobal("fetch", async () => new Response(body, init));
}

async function failureOf(request: Promise<unknown>): Promise<ApiError> {
  const failure: unknown = await request.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(failure).toBeInstanceOf(ApiError);
  return failure as ApiError;
}

describe("what the server refuses", () => {
  it("becomes an error with its code, message, hint and status", async () => {
    answer(JSON.stringify({ error: { code: "not_found", message: "No such project.", hint: "Go back." } }), {
      status: 404,
    });
    expect(await failureOf(getProject("one"))).toMatchObject({
      code: "not_found",
      message: "No such project.",
      hint: "Go back.",
      status: 404,
      isTemporary: false,
    });
    expect(await failureOf(fetchBytes("http://localhost/api/tile"))).toMatchObject({ code: "not_found" });
  });

  it("is named also where the answer is no JSON", async () => {
    answer("<html>Bad gateway</html>", { status: 502, headers: { "Content-Type": "text/html" } });
    expect(await failureOf(getProject("one"))).toMatchObject({ code: "unexpected_answer", isTemporary: true });
    expect(await failureOf(fetchBytes("http://localhost/api/tile"))).toMatchObject({ status: 502 });
  });

  it("is told from a server that cannot be reached", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    expect(await failureOf(getProject("one"))).toMatchObject({ code: "unreachable", status: 0, isTemporary: true });
  });

  it("may succeed later where it is the person's sign-in or the server's state, not the request", () => {
    const temporary = [0, 401, 403, 408, 423, 429, 500, 503, 507];
    for (const status of temporary) expect([status, errorFromBody(status, null).isTemporary]).toEqual([status, true]);
    for (const status of [400, 404, 409, 413, 422]) expect(errorFromBody(status, null).isTemporary).toBe(false);
  });
});

describe("names of downloads", () => {
  it("are read in both forms, the one for all letters first", () => {
    expect(fileName('attachment; filename="a b.tif"')).toBe("a b.tif");
    expect(fileName("attachment; filename=plain.tif")).toBe("plain.tif");
    expect(fileName("attachment; filename=\"x.tif\"; filename*=utf-8''K%C3%B6rner.tif")).toBe("Körner.tif");
    expect(fileName(null)).toBeNull();
  });
});

describe("events", () => {
  class FakeSource {
    static opened: FakeSource[] = [];
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    closed = false;
    readonly listeners = new Map<string, (message: { data: string }) => void>();
    constructor(readonly address: string) {
      FakeSource.opened.push(this);
    }
    addEventListener(name: string, listener: (message: { data: string }) => void): void {
      this.listeners.set(name, listener);
    }
    close(): void {
      this.closed = true;
    }
  }

  function listener(): ProjectEvents {
    return {
      job: vi.fn(),
      result: vi.fn(),
      tiles: vi.fn(),
      image: vi.fn(),
      revision: vi.fn(),
      smart: vi.fn(),
      opened: vi.fn(),
      lost: vi.fn(),
    };
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", FakeSource);
    FakeSource.opened = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("reach whom they are for", () => {
    const heard = listener();
    followProject("one", heard);
    const [source] = FakeSource.opened;
    const tiles = [{ ty: 1, tx: 2 }];
    source?.listeners.get("tiles")?.({ data: JSON.stringify({ image: 7, result_id: "r1", tiles, job: null }) });
    expect(heard.tiles).toHaveBeenCalledWith(7, "r1", tiles);
    expect(heard.job).not.toHaveBeenCalled();
  });

  it("come from a new connection after the old one broke, until they are no longer wanted", () => {
    const heard = listener();
    const stop = followProject("one", heard);
    FakeSource.opened[0]?.onopen?.();
    FakeSource.opened[0]?.onerror?.();
    expect(FakeSource.opened[0]?.closed).toBe(true);
    vi.advanceTimersByTime(500);
    // Once is how the server asks to be asked anew, as when a share changes.
    expect(heard.lost).not.toHaveBeenCalled();
    FakeSource.opened[1]?.onerror?.();
    vi.advanceTimersByTime(999);
    expect(FakeSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(1);
    FakeSource.opened[2]?.onopen?.();
    expect(vi.mocked(heard.opened).mock.calls).toEqual([[false], [true]]);
    expect(heard.lost).toHaveBeenCalledTimes(1);
    stop();
    expect(FakeSource.opened[2]?.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.opened).toHaveLength(3);
  });
});
