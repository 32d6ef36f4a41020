// The server as the page's requests meet it, for tests of the whole editor: one project, its labels, jobs and events.

import type { Schemas } from "../api/client";
import { ApiError } from "../api/error";
import { LabelServer } from "./labelServer";

type Project = Schemas["Project"];
type JobInfo = Schemas["JobInfo"];
type EventBody = Schemas["EventBody"];

const WIDTH = 300;
const HEIGHT = 40;

export class PageServer {
  readonly labels = new LabelServer(WIDTH, HEIGHT, [
    { id: 1, name: "Matrix", colour: "#1f77b4", locked: false },
    { id: 2, name: "Pores", colour: "#ff7f0e", locked: false },
  ]);
  /** Requests in the order in which they were answered, as "POST train". */
  readonly answered: string[] = [];
  isAway = false;
  job: JobInfo | null = null;
  result: Schemas["ResultInfo"] | null = null;
  /** What is prepared for a view; without it there is no such route. */
  suggestions: ((query: URLSearchParams) => ArrayBuffer) | null = null;
  readonly #followers: FakeEventSource[] = [];

  /** Stands in for the browser's fetch. */
  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(new URL(String(input instanceof Request ? input.url : input), "http://localhost"), {
      ...(input instanceof Request
        ? { method: input.method, body: await input.text().then((text) => text || null) }
        : {}),
      ...init,
    });
    await Promise.resolve();
    if (this.isAway) throw new TypeError("Failed to fetch");
    const path = new URL(request.url).pathname.replace(/^\/api\//, "");
    this.answered.push(`${request.method} ${path.replace("projects/one/", "")}`);
    try {
      return await this.#answer(request.method, path, request);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      const { code, message, hint, status } = failure;
      return Response.json({ error: { code, message, hint } }, { status });
    }
  };

  /** Tells everyone who follows the project. */
  tell(name: string, body: Partial<EventBody>): void {
    for (const follower of this.#followers) follower.hear(name, body);
  }

  /** Breaks all event streams. */
  breakStreams(): void {
    for (const follower of this.#followers.splice(0)) follower.onerror?.();
  }

  /** A class that stands in for the browser's EventSource. */
  get eventSource(): typeof EventSource {
    const followers = this.#followers;
    const isAway = (): boolean => this.isAway;
    return class extends FakeEventSource {
      constructor() {
        super();
        setTimeout(() => {
          if (isAway()) {
            this.onerror?.();
            return;
          }
          followers.push(this);
          this.onopen?.();
        });
      }
    } as unknown as typeof EventSource;
  }

  async #answer(method: string, path: string, request: Request): Promise<Response> {
    if (path === "projects/one" && method === "GET") return Response.json(this.project);
    if (path === "projects/one/operations") return Response.json(await this.labels.send(await request.json()));
    if (path === "projects/one/train") {
      this.job = job("job-one", "queued");
      return Response.json(this.job, { status: 202 });
    }
    const layer = /layers\/(labels|edits)\/(\d+)\/(\d+)$/.exec(path);
    if (layer) {
      const tile = await this.labels.fetchTile(layer[1] as "labels" | "edits", Number(layer[2]), Number(layer[3]));
      return new Response(tile.slice());
    }
    if (path === "projects/one/suggestions" && this.suggestions) {
      const query = new URL(request.url).searchParams;
      return new Response(this.suggestions(query));
    }
    if (path.includes("/image/")) return new Response(new Uint8Array(256 * HEIGHT));
    throw new ApiError("not_found", "There is no such project.", "Go back to the list.", 404);
  }

  get project(): Project {
    const full = { low: 0, high: 255 };
    return {
      id: "one",
      name: "One",
      created: "",
      modified: "",
      image: {
        width: WIDTH,
        height: HEIGHT,
        channels: 1,
        is_rgb: false,
        tile_dtype: "uint8",
        tile_size: 256,
        levels: 1,
        contrast: [full],
        value_range: [full],
      } as Project["image"],
      classes: this.labels.classes,
      settings: {} as Project["settings"],
      history: this.labels.history,
      tiles: this.labels.tiles,
      result: this.result,
      classifier: null,
      job: this.job,
    };
  }
}

export function job(id: string, state: JobInfo["state"], error: JobInfo["error"] = null): JobInfo {
  const rest = {
    project_id: "one",
    kind: "train",
    stage: "",
    progress: 0,
    seconds_left: null,
    result_id: null,
  } as const;
  return { id, state, error, ...rest };
}

class FakeEventSource {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #listeners = new Map<string, (message: { data: string }) => void>();

  addEventListener(name: string, listener: (message: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }

  hear(name: string, body: Partial<EventBody>): void {
    this.#listeners.get(name)?.({ data: JSON.stringify(body) });
  }

  close(): void {
    this.onerror = null;
    this.onopen = null;
  }
}
