// What a suggester costs and how far it is, in words.

import type { SmartModel } from "../../api/smartModels";

const MB = 1e6;

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

/** Which part of a model a file from disk is, by its name; the next part that is missing where the name says nothing. */
export function partOf({ files }: Pick<SmartModel, "files">, name: string): string {
  const exact = files.find((file) => file.name === name)?.part;
  // A browser that has saved a file twice appends a number, and people rename; the part's own word is enough.
  const likely = likelyPart(name);
  const fits = files.length === 0 || files.some(({ part }) => part === likely);
  const missing = files.find(({ here }) => !here)?.part;
  return exact ?? (fits ? likely : (missing ?? likely));
}

function likelyPart(name: string): string {
  const lower = name.toLowerCase();
  if (/\.(pth|pt|ckpt)$/.test(lower)) return "checkpoint";
  // The name of a decoder may speak of the encoder of prompts, too.
  const part = lower.includes("decoder") ? "decoder" : "encoder";
  return lower.includes(".onnx_data") ? `${part}_data` : part;
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

function formatMemory(megabytes: number): string {
  return megabytes < 1000 ? `${megabytes} MB` : `${(megabytes / 1000).toFixed(1)} GB`;
}
