// The workers that answer prompts, each started when a view of its kind is there: hierarchy, Segment Anything.

import type { PreparedView } from "./preparing";
import type { Answer } from "./protocol";
import type { SuggestedRegion } from "./suggestion";
import { SuggestionClient, type WorkerLike } from "./suggestionClient";

export interface VoiceHooks {
  answered(answer: Answer, region: SuggestedRegion): void;
  broken(key: number, message: string): void;
}

type Voice = "hierarchy" | "sam";

interface Started {
  client: SuggestionClient;
  /** What its last answer showed, for answers that are the same. */
  region: SuggestedRegion | null;
}

/** Which worker answers for views of that kind. */
function voiceOf(kind: string): Voice {
  return kind === "hierarchy" ? "hierarchy" : "sam";
}

function startWorker(voice: Voice): WorkerLike {
  switch (voice) {
    case "hierarchy":
      return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    case "sam":
      return new Worker(new URL("./samWorker.ts", import.meta.url), { type: "module" });
  }
}

export class Voices {
  readonly #hooks: VoiceHooks;
  readonly #started = new Map<Voice, Started>();
  readonly #voiceOfKey = new Map<number, Voice>();

  constructor(hooks: VoiceHooks) {
    this.#hooks = hooks;
  }

  of(kind: string): SuggestionClient {
    return this.#start(voiceOf(kind)).client;
  }

  keep(view: PreparedView, content: ArrayBuffer, projectId: string, image: number): void {
    this.#voiceOfKey.set(view.key, voiceOf(view.kind));
    this.of(view.kind).keep(view.key, content, { projectId, image, rectangle: view.rectangle });
  }

  /** A view of a Segment Anything model is being prepared. */
  warm(model: string): void {
    this.#start("sam").client.warm(model);
  }

  forget(key: number): void {
    const voice = this.#voiceOfKey.get(key);
    this.#voiceOfKey.delete(key);
    if (voice) this.#started.get(voice)?.client.forget(key);
  }

  close(): void {
    for (const { client, region } of this.#started.values()) {
      client.close();
      region?.picture?.close();
    }
    this.#started.clear();
    this.#voiceOfKey.clear();
  }

  #start(voice: Voice): Started {
    const known = this.#started.get(voice);
    if (known) return known;
    const client = new SuggestionClient(startWorker(voice), {
      answered: (answer) => this.#answered(started, answer),
      broken: (key, message) => this.#hooks.broken(key, message),
    });
    const started: Started = { client, region: null };
    this.#started.set(voice, started);
    return started;
  }

  #answered(started: Started, answer: Answer): void {
    if (answer.region !== "same") {
      started.region?.picture?.close();
      started.region = answer.region;
    }
    if (started.region) this.#hooks.answered(answer, started.region);
  }
}
