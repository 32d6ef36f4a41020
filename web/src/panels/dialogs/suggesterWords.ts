// What a suggester costs and how far it is, in words.

import type { SmartModel } from "../../api/smartModels";

const MB = 1e6;

interface ModelFile {
  part: string;
  name: string;
}

/** Size, time, memory and licence, as far as they are known. */
export function costsOf(model: SmartModel): string {
  const { size_bytes, seconds_per_view, memory_mb, licence } = model;
  const parts = [
    size_bytes ? `${Math.round(size_bytes / MB)} MB` : null,
    seconds_per_view === null ? null : `about ${formatSeconds(seconds_per_view)} for a view`,
    memory_mb ? `${formatMemory(memory_mb)} of memory` : null,
    licence,
  ];
  return parts.filter(Boolean).join(" · ");
}

export function stateOf({ state, progress }: SmartModel): string {
  const share = progress === null ? "" : ` ${Math.round(100 * progress)} %`;
  switch (state) {
    case "none":
      return "Not downloaded";
    case "downloading":
      return `Downloading${share}`;
    case "verifying":
      return `Checking${share}`;
    case "ready":
      return "Ready";
    case "failed":
      return "Failed";
  }
}

/** Which part of a model a file from disk is, by its name; the first part where no name fits. */
export function partOf({ files = [] }: SmartModel & { files?: ModelFile[] }, name: string): string {
  const exact = files.find((file) => file.name === name);
  // A browser that has saved a file twice appends a number, and people rename; the part's own word is enough.
  const similar = files.find((file) => name.toLowerCase().includes(file.part));
  return (exact ?? similar ?? files[0])?.part ?? "encoder";
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

function formatMemory(megabytes: number): string {
  return megabytes < 1000 ? `${megabytes} MB` : `${(megabytes / 1000).toFixed(1)} GB`;
}
