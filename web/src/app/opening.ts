// Opening an image as a new project: one at a time, its progress, and what went wrong.

import type { QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { ApiError } from "../api/error";
import { createFromSample, createProject } from "../api/projects";
import type { Project } from "../state/contract";
import { IMAGE_FILES, pickFile } from "./pickFile";
import { goTo } from "./route";

export interface OpeningStore {
  /** What is being opened. */
  busy: { name: string; upload: Upload | null } | null;
  failure: { name: string; message: string; hint: string } | null;
  open(file: File): Promise<void>;
  openSample(id: string, name: string): Promise<void>;
  pick(): Promise<void>;
  cancel(): void;
  dismiss(): void;
}

export interface Upload {
  /** Share of the file that is with the server, 0 to 1. */
  sent: number;
  secondsLeft: number | null;
}

/** Below this the speed is not known well enough to say how long it takes. */
const SPEED_KNOWN_S = 1;

/** What an upload that began `seconds` ago has left, at the speed that it had. */
export function uploadAt(sent: number, seconds: number): Upload {
  const known = seconds >= SPEED_KNOWN_S && sent > 0;
  return { sent, secondsLeft: known ? (seconds / sent) * (1 - sent) : null };
}

export const useOpening = create<OpeningStore>((set, get) => {
  let running = new AbortController();

  async function run(name: string, make: (signal: AbortSignal) => Promise<Project>): Promise<void> {
    if (get().busy) return;
    running = new AbortController();
    const { signal } = running;
    set({ busy: { name, upload: null }, failure: null });
    try {
      const project = await make(signal);
      if (!signal.aborted) goTo({ screen: "project", projectId: project.id });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      set({ failure: { name, message: error.message, hint: error.hint } });
    } finally {
      set({ busy: null });
    }
  }

  return {
    busy: null,
    failure: null,
    open: (file) =>
      run(file.name, (signal) => {
        const began = performance.now();
        const onProgress = (sent: number): void =>
          set({ busy: { name: file.name, upload: uploadAt(sent, (performance.now() - began) / 1000) } });
        return createProject({ file, page: 0, onProgress, signal });
      }),
    openSample: (id, name) => run(name, () => createFromSample(id)),
    async pick() {
      const file = await pickFile(IMAGE_FILES);
      if (file) await get().open(file);
    },
    cancel: () => running.abort(),
    dismiss: () => set({ failure: null }),
  };
});

/** The list of projects is asked for anew once an opening has ended. */
export function refreshProjectsAfterOpening(queries: QueryClient): () => void {
  return useOpening.subscribe((now, before) => {
    if (before.busy && !now.busy) void queries.invalidateQueries({ queryKey: ["projects"] });
  });
}
