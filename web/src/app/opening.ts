// Images on their way into the program: as a new project or into an open one. One intake at a time, with its progress,
// and what went wrong.

import type { QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { ApiError } from "../api/error";
import { createFromPaths } from "../api/files";
import { addImages } from "../api/images";
import { createFromSample } from "../api/projects";
import { createFromUploads } from "../api/uploads";
import type { Project } from "../state/contract";
import { MOST_FILES } from "./intake/droppedFiles";
import { type Intake, intakeOf } from "./intake/imageFiles";
import { FileError } from "./intake/resumableUpload";
import { forgetUploads, sendToServer, takeBackUploads } from "./intake/uploadLine";
import { type NamedFile, type Transfer, TransferError } from "./intake/uploadQueue";
import { addressNow, goTo, parseRoute } from "./route";

/** Where images go: into a project of their own, or into one that is open. */
export type Destination = { kind: "new" } | { kind: "project"; projectId: string; added: (project: Project) => void };

/** Files of this browser, or paths on the computer that runs the server. */
export type Source = { kind: "files"; files: readonly NamedFile[] } | { kind: "paths"; paths: readonly string[] };

export interface OpeningStore {
  /** What is on its way; `transfer` is null while the server reads it. */
  busy: { name: string; destination: Destination["kind"]; transfer: Transfer | null; cancellable: boolean } | null;
  failure: { name: string; message: string; hint: string } | null;
  /** What was left out of what was opened. */
  note: string | null;
  /** A project that was made while the person went elsewhere. */
  ready: { name: string; projectId: string } | null;
  bring(source: Source, destination: Destination): Promise<void>;
  openSample(id: string, name: string): Promise<void>;
  cancel(): void;
  dismiss(): void;
}

const NOTHING = { failure: null, note: null, ready: null };

export const useOpening = create<OpeningStore>((set, get) => {
  let running = new AbortController();

  async function run(
    name: string,
    destination: Destination,
    make: (signal: AbortSignal) => Promise<Project>,
  ): Promise<void> {
    if (get().busy) return;
    running = new AbortController();
    const { signal } = running;
    const startedAt = placeNow();
    set({ ...NOTHING, busy: { name, destination: destination.kind, transfer: null, cancellable: false } });
    try {
      const project = await make(signal);
      if (destination.kind === "project") destination.added(project);
      else if (placeNow() === startedAt) goTo({ screen: "project", projectId: project.id });
      else set({ ready: { name: project.name, projectId: project.id } });
    } catch (error) {
      if (signal.aborted) return;
      set({ failure: failureOf(name, error) });
    } finally {
      set({ busy: null });
    }
  }

  async function send(files: readonly NamedFile[], signal: AbortSignal): Promise<string[]> {
    const { busy } = get();
    const uploads = await sendToServer(files, signal, (transfer) =>
      set({ busy: busy && { ...busy, transfer, cancellable: true } }),
    );
    if (signal.aborted) {
      await takeBackUploads(uploads);
      signal.throwIfAborted();
    }
    set({ busy: busy && { ...busy, transfer: null, cancellable: false } });
    return uploads;
  }

  async function bringFiles(given: readonly NamedFile[], destination: Destination): Promise<void> {
    if (get().busy) return;
    const intake = intakeOf(given);
    const refusal = refusalOf(intake, given.length);
    if (refusal) return set({ ...NOTHING, failure: { name: "", ...refusal } });
    await run(nameOf(intake), destination, async (signal) => {
      const uploads = await send(intake.files, signal);
      const project =
        destination.kind === "project"
          ? await addImages(destination.projectId, { uploads })
          : await createFromUploads(uploads, intake.name);
      forgetUploads(uploads);
      set({ note: noteOf(intake) });
      return project;
    });
  }

  async function bringPaths(paths: readonly string[], destination: Destination): Promise<void> {
    const name = paths.length === 1 ? lastOf(paths[0] ?? "") : `${paths.length} files`;
    await run(name, destination, () =>
      destination.kind === "project"
        ? addImages(destination.projectId, { paths: [...paths] })
        : createFromPaths([...paths]),
    );
  }

  return {
    busy: null,
    ...NOTHING,
    bring: (source, destination) =>
      source.kind === "files" ? bringFiles(source.files, destination) : bringPaths(source.paths, destination),
    openSample: (id, name) => run(name, { kind: "new" }, () => createFromSample(id)),
    cancel: () => running.abort(new DOMException("The person cancelled.", "AbortError")),
    dismiss: () => set(NOTHING),
  };
});

/** The list of projects is asked for anew once an opening has ended. */
export function refreshProjectsAfterOpening(queries: QueryClient): () => void {
  return useOpening.subscribe((now, before) => {
    if (before.busy && !now.busy) void queries.invalidateQueries({ queryKey: ["projects"] });
  });
}

/** The project that is looked at; home and manual are as one. */
function placeNow(): string {
  const route = parseRoute(addressNow());
  return route.screen === "project" ? route.projectId : "";
}

function failureOf(name: string, error: unknown): OpeningStore["failure"] {
  if (error instanceof TransferError) return { name: error.file, message: error.message, hint: error.hint };
  if (error instanceof ApiError || error instanceof FileError)
    return { name, message: error.message, hint: error.hint };
  throw error;
}

const lastOf = (path: string): string => path.split(/[/\\]/).findLast(Boolean) ?? path;

const nameOf = ({ files, name }: Intake): string => {
  if (name) return name;
  return files.length === 1 ? lastOf(files[0]?.name ?? "") : `${files.length} files`;
};

/** Why nothing of this can be opened; null where something can. */
function refusalOf(intake: Intake, given: number): { message: string; hint: string } | null {
  if (given > MOST_FILES) {
    return {
      message: `These are more than ${MOST_FILES.toLocaleString("en")} files.`,
      hint: "Choose the folder that holds the images themselves.",
    };
  }
  if (intake.files.length > 0) return null;
  if (intake.zarrFolders.length > 0) {
    return {
      message: `${lastOf(intake.zarrFolders[0] ?? "")} is an OME-Zarr folder, which is opened where it lies.`,
      hint: "Use “Open from this computer…”, or the address of the folder on the computer that runs sambaseg.",
    };
  }
  const [only] = intake.leftOut;
  return {
    message:
      given === 0
        ? "There are no files in it."
        : only && intake.leftOut.length === 1
          ? `${lastOf(only)} is no image.`
          : "None of these files is an image.",
    hint: "TIFF, PNG, JPEG, BMP, WebP, PGM and PPM can be opened.",
  };
}

/** Which files were not taken, where the person has to know. */
export function noteOf({ leftOut, zarrFolders }: Pick<Intake, "leftOut" | "zarrFolders">): string | null {
  const names = [...leftOut, ...zarrFolders].map(lastOf);
  if (names.length === 0) return null;
  const few = names.slice(0, 3).join(", ");
  if (names.length === 1) return `${few} was left out: it is no image file.`;
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return `${few}${more} were left out: they are no image files.`;
}
