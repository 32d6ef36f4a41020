// What somebody uses of what they may, in words and as shares.

import type { Schemas } from "../api/client";
import { formatBytes } from "../panels/wording/bytes";
import { formatCount, formatDuration } from "../panels/wording/numbers";

export type Quota = Schemas["QuotaState"];

/** Above this share it is time to tell. */
export const NEARLY = 0.8;

export interface QuotaLine {
  label: string;
  /** "1.2 GB of 50 GB" */
  words: string;
  /** 0 to 1, and more where more is used; null where there is no limit. */
  share: number | null;
  /** What to do about it; empty below `NEARLY`. */
  warning: string;
}

/** Storage, and trainings where they are limited. */
export function quotaLines({ bytes_used, bytes_limit, jobs_today, jobs_limit }: Quota): QuotaLine[] {
  const storage = lineOf("Storage", bytes_used, bytes_limit, formatBytes, [
    "Nearly full. Download and delete projects that you do not need.",
    "Full. Delete projects before you open more.",
  ]);
  if (jobs_limit === null) return [storage];
  const jobs = lineOf("Trainings today", jobs_today, jobs_limit, formatCount, [
    "Nearly used up; the count begins anew at midnight, UTC.",
    "Used up; the count begins anew at midnight, UTC.",
  ]);
  return [storage, jobs];
}

function lineOf(
  label: string,
  used: number,
  limit: number | null,
  format: (amount: number) => string,
  [nearly, full]: [nearly: string, full: string],
): QuotaLine {
  if (limit === null) return { label, words: format(used), share: null, warning: "" };
  const share = limit === 0 ? 1 : used / limit;
  const warning = share >= 1 ? full : share > NEARLY ? nearly : "";
  return { label, words: `${format(used)} of ${format(limit)}`, share, warning };
}

/** "One training may take 30 min."; empty where there is no limit. */
export const jobTimeWords = ({ job_seconds }: Quota): string =>
  job_seconds === null ? "" : `One training may take ${formatDuration(job_seconds)}.`;

/** "storage nearly full": what the button of the menu adds to its name; empty where nothing is short. */
export function shortageWords(quota: Quota | null): string {
  const short = quota ? quotaLines(quota).filter(({ warning }) => warning !== "") : [];
  return short
    .map(({ label, share }) => `${label.toLowerCase()} ${(share ?? 0) >= 1 ? "used up" : "nearly used up"}`)
    .join(", ");
}
