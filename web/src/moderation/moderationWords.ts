// What moderators did, in words.

import type { Decision } from "../api/moderation";

export const DECISIONS: readonly { action: Decision; label: string; needsReason: boolean }[] = [
  { action: "accept", label: "Accept", needsReason: false },
  { action: "ask_for_changes", label: "Ask for changes", needsReason: true },
  { action: "reject", label: "Reject", needsReason: true },
];

export const LONGEST_REASON = 4000;

const DONE: Readonly<Record<string, string>> = {
  submit: "Submitted",
  accept: "Accepted",
  ask_for_changes: "Changes asked for",
  reject: "Rejected",
  withdraw: "Withdrawn",
  take_out: "Taken out",
};

/** "ask_for_changes" as "Changes asked for"; steps that this page does not know stay readable. */
export function actionWords(action: string): string {
  const words = DONE[action] ?? action.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "pixel_size, creators" as "Changed since the public version: pixel size, creators". */
export function changeWords(publicVersion: number | null, changed: readonly string[]): string {
  if (publicVersion === null) return "A new entry";
  if (changed.length === 0) return `Nothing written differs from version ${publicVersion}`;
  return `Differs from version ${publicVersion} in: ${changed.map((field) => field.replaceAll("_", " ")).join(", ")}`;
}
