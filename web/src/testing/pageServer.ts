// The server as the page's requests meet it, for tests of the whole editor: one project with its images, labels, jobs
// and events.

import type { Schemas } from "../api/client";
import { ApiError } from "../api/error";
import { LabelServer } from "./labelServer";

type Project = Schemas["Project"];
type JobInfo = Schemas["JobInfo"];
type EventBody = Schemas["EventBody"];
type ImageSummary = Schemas["ImageSummary"];

const WIDTH = 300;
const HEIGHT = 40;

const CLASSES = [
  { id: 1, name: "Matrix", colour: "#1f77b4", locked: false },
  { id: 2, name: "Pores", colour: "#ff7f0e", locked: false },
];

export class PageServer {
  readonly labels: LabelServer;
  images: ImageSummary[];
  live = false;
  access: Project["access"] = "owner";
  /** The project is not shared with this person any more. */
  isClosed = false;
  /** What live was told, the newest last. */
  readonly looks: Schemas["LiveBody"][] = [];
  /** Requests in the order in which they were answered, as "POST train". */
  readonly answered: string[] = [];
  isAway = false;
  job: JobInfo | null = null;
  /** Of each image. */
  readonly results = new Map<number, Schemas["ResultInfo"]>();
  /** Pictures that cannot be read: the refusal by image. */
  readonly broken = new Map<number, ApiError>();
  /** What is prepared for a view; without it there is no such route. */
  suggestions: ((query: URLSearchParams) => ArrayBuffer) | null = null;
  /** What was answered at points, in order. */
  readonly pointAnswers: { number: number; answer: unknown }[] = [];
  readonly #followers: FakeEventSource[] = [];

  constructor(images = 1) {
    this.labels = new LabelServer(WIDTH, HEIGHT, CLASSES, images);
    this.images = Array.from({ length: images }, (_, id) => summary(id));
  }

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

  /** How many event streams are open. */
  get followers(): number {
    return this.#followers.length;
  }

  /** Breaks all event streams. */
  breakStreams(): void {
    for (const follower of this.#followers.splice(0)) follower.onerror?.();
  }

  /** A class that stands in for the browser's EventSource. */
  get eventSource(): typeof EventSource {
    const followers = this.#followers;
    const isAway = (): boolean => this.isAway || this.isClosed;
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
    const query = new URL(request.url).searchParams;
    if (this.isClosed) throw new ApiError("not_found", "There is no such project.", "Go back to the list.", 404);
    const image = Number(query.get("image") ?? this.images[0]?.id);
    if (path === "projects/one" && method === "GET") return Response.json(this.project(image));
    if (path === "projects/one/operations") return Response.json(await this.labels.send(await request.json()));
    if (path === "projects/one/train" || path === "projects/one/apply-all") {
      this.job = job("job-one", "queued");
      return Response.json(this.job, { status: 202 });
    }
    if (path === "projects/one/live") {
      const body: Schemas["LiveBody"] = await request.json();
      this.looks.push(body);
      this.live = body.on;
      return Response.json({ on: body.on });
    }
    const point = /point-check\/check\/points\/(\d+)$/.exec(path);
    if (point) {
      const { answer } = (await request.json()) as Schemas["PointAnswerBody"];
      this.pointAnswers.push({ number: Number(point[1]), answer });
      return Response.json({ id: "check", drawn: "", points: [], estimate: null });
    }
    const layer = /layers\/(labels|edits)\/(\d+)\/(\d+)$/.exec(path);
    if (layer) {
      const [name, ty, tx] = [layer[1] as "labels" | "edits", Number(layer[2]), Number(layer[3])];
      const tile = await this.labels.fetchTile(name, ty, tx, image);
      return new Response(tile.slice());
    }
    if (path === "projects/one/suggestions" && this.suggestions) {
      return new Response(this.suggestions(query));
    }
    const failure = path.includes("/image/") ? this.broken.get(image) : undefined;
    if (failure) throw failure;
    if (path.includes("/image/")) return new Response(new Uint8Array(256 * HEIGHT));
    throw new ApiError("not_found", "There is no such project.", "Go back to the list.", 404);
  }

  project(image = this.images[0]?.id ?? 0): Project {
    const full = { low: 0, high: 255 };
    const shown = this.images.find(({ id }) => id === image);
    if (!shown) throw new ApiError("not_found", "There is no such image.", "Choose another one.", 404);
    return {
      id: "one",
      name: "One",
      created: "",
      modified: "",
      kind: this.images.length > 1 ? "stack" : "single",
      images: this.images,
      live: this.live,
      labelled_pixels: this.labels.labelledPixels,
      image: {
        ...shown,
        channels: 1,
        is_rgb: false,
        tile_dtype: "uint8",
        tile_size: 256,
        levels: 1,
        contrast: [full],
        value_range: [full],
      } as unknown as Project["image"],
      classes: this.labels.classes,
      settings: {} as Project["settings"],
      history: this.labels.history,
      tiles: this.labels.tilesOf(image),
      result: this.results.get(image) ?? null,
      classifier: null,
      job: this.job,
      access: this.access,
    };
  }
}

export function job(id: string, state: JobInfo["state"], error: JobInfo["error"] = null): JobInfo {
  const rest = {
    project_id: "one",
    kind: "train",
    image: 0,
    images_done: 0,
    images_total: 1,
    stage: "",
    progress: 0,
    seconds_left: null,
    result_id: null,
  } as const;
  return { id, state, error, ...rest };
}

function summary(id: number): ImageSummary {
  const facts = {
    state: "ready",
    message: "",
    progress: null,
    linked: false,
    labelled: false,
    result: "none",
  } as const;
  return { id, name: `slice ${id}`, width: WIDTH, height: HEIGHT, ...facts };
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
