// Which uploads were under way, so that a file which is chosen again after a reload or a crash goes on where it was.
// A file is known by name, size and time of its last change, as other tools that copy files know it.

import { CHUNK_BYTES } from "./resumableUpload";
import type { NamedFile, UploadMemory } from "./uploadQueue";

const STORAGE_KEY = "sambaseg-uploads";
const MOST = 2000;
/** As long as the server keeps them. */
const LIFETIME_MS = 24 * 3600 * 1000;

interface Remembered {
  key: string;
  id: string;
  at: number;
}

export function rememberedUploads(storage: Pick<Storage, "getItem" | "setItem">, now: () => number): UploadMemory {
  const read = (): Remembered[] => {
    try {
      const stored: unknown = JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]");
      return Array.isArray(stored)
        ? stored.filter((entry) => isRemembered(entry) && entry.at > now() - LIFETIME_MS)
        : [];
    } catch {
      return [];
    }
  };
  const write = (entries: Remembered[]): void => {
    try {
      storage.setItem(STORAGE_KEY, JSON.stringify(entries.slice(-MOST)));
    } catch (failure) {
      // Storage is full or switched off: a file that is chosen again is sent from its beginning.
      if (!(failure instanceof DOMException)) throw failure;
    }
  };
  return {
    recall: (file) => {
      const key = keyOf(file);
      return (key && read().find((entry) => entry.key === key)?.id) || null;
    },
    remember: (file, id) => {
      const key = keyOf(file);
      if (key) write([...read().filter((entry) => entry.key !== key), { key, id, at: now() }]);
    },
    forget: (ids) => {
      const gone = new Set(ids);
      const entries = read();
      if (entries.some(({ id }) => gone.has(id))) write(entries.filter(({ id }) => !gone.has(id)));
    },
  };
}

/** Null for what is sent again as quickly, and for what is no file and has no time of a change. */
function keyOf({ name, content }: NamedFile): string | null {
  return content instanceof File && content.size > CHUNK_BYTES
    ? `${content.size} ${content.lastModified} ${name}`
    : null;
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== "object" || value === null) return false;
  const { key, id, at } = value as Partial<Remembered>;
  return typeof key === "string" && typeof id === "string" && typeof at === "number";
}
