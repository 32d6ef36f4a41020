// Files and folders that were dropped, read out of the browser's own objects for them.

import type { NamedFile } from "./uploadQueue";

/** More files than a project takes: whoever drops a whole disk is told so before it is read to its end. */
export const MOST_FILES = 20_000;
const DEEPEST = 12;

/** Has to be called while the drop is handled: what was dropped is gone afterwards. */
export function takeDropped(data: DataTransfer): Promise<NamedFile[]> {
  const entries: FileSystemEntry[] = [];
  const files: NamedFile[] = [];
  for (const item of Array.from(data.items)) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = entry?.isDirectory ? null : item.getAsFile();
    if (file) files.push({ name: file.name, content: file });
    else if (entry) entries.push(entry);
  }
  return readFolders(entries, files);
}

async function readFolders(entries: FileSystemEntry[], files: NamedFile[]): Promise<NamedFile[]> {
  for (const entry of entries) await readEntry(entry, files, 0);
  return files;
}

async function readEntry(entry: FileSystemEntry, into: NamedFile[], depth: number): Promise<void> {
  if (into.length > MOST_FILES || depth > DEEPEST) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    ).catch(() => null);
    // What cannot be read, such as a broken link, is as if it were not there.
    if (file) into.push({ name: entry.fullPath.replace(/^\//, ""), content: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Answers in portions, an empty one at the end.
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => []);
    if (portion.length === 0) return;
    for (const inner of portion) await readEntry(inner, into, depth + 1);
  }
}
