// What the browser of this computer's files is open for.

import { create } from "zustand";

export interface FileRequest {
  title: string;
  /** What the button says, as in "Open". */
  verb: string;
  /** Several files, folders and OME-Zarr images; else one of them. */
  several: boolean;
  /** Where to begin to look. */
  folder: string | null;
  chosen: (paths: string[]) => void;
}

interface FileBrowserStore {
  request: FileRequest | null;
  ask(request: FileRequest): void;
  close(): void;
}

export const useFileBrowser = create<FileBrowserStore>((set) => ({
  request: null,
  ask: (request) => set({ request }),
  close: () => set({ request: null }),
}));

const FOLDER_KEY = "sambaseg.last-folder";

/** The folder in which this browser looked last. */
export const lastFolder = (): string | null => localStorage.getItem(FOLDER_KEY);

export function rememberFolder(path: string): void {
  localStorage.setItem(FOLDER_KEY, path);
}
