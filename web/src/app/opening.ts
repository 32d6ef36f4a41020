// Opening an image as a new project: one upload at a time, its progress and what went wrong.

import type { QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { ApiError } from "../api/error";
import { createFromSample, createProject } from "../api/projects";
import type { Project } from "../state/contract";
import { IMAGE_FILES, pickFile } from "./pickFile";
import { goTo } from "./route";

export interface OpeningStore {
  /** What is being opened; `sent` is the share of the file that is with the server, null where nothing is sent. */
  busy: { name: string; sent: number | null } | null;
  failure: { name: string; message: string; hint: string } | null;
  open(file: File): Promise<void>;
  openSample(id: string, name: string): Promise<void>;
  pick(): Promise<void>;
  dismiss(): void;
}

export const useOpening = create<OpeningStore>((set, get) => {
  async function run(name: string, sent: number | null, make: () => Promise<Project>): Promise<void> {
    if (get().busy) return;
    set({ busy: { name, sent }, failure: null });
    try {
      const project = await make();
      goTo({ screen: "project", projectId: project.id });
    } catch (error) {
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
      run(file.name, 0, () =>
        createProject({ file, page: 0, onProgress: (sent) => set({ busy: { name: file.name, sent } }) }),
      ),
    openSample: (id, name) => run(name, null, () => createFromSample(id)),
    async pick() {
      const file = await pickFile(IMAGE_FILES);
      if (file) await get().open(file);
    },
    dismiss: () => set({ failure: null }),
  };
});

/** The list of projects is asked for anew once an opening has ended. */
export function refreshProjectsAfterOpening(queries: QueryClient): () => void {
  return useOpening.subscribe((now, before) => {
    if (before.busy && !now.busy) void queries.invalidateQueries({ queryKey: ["projects"] });
  });
}
