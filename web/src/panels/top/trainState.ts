// What the Train control says: one plain state derived from labels, classifier, job and result.

import type { JobInfo, ResultInfo } from "../../state/contract";
import { formatCount, formatDuration, formatTimeLeft } from "../wording/numbers";

export type TrainState =
  | { kind: "needs-labels"; text: string }
  /** Too few labels, but a loaded classifier can segment. */
  | { kind: "apply-only"; text: string }
  | { kind: "ready"; text: string }
  | { kind: "running"; text: string; progress: number };

export interface TrainFacts {
  labelledPixels: Readonly<Record<number, number>>;
  hasClassifier: boolean;
  job: JobInfo | null;
  result: ResultInfo | null;
  live: boolean;
}

/** Stages as the server names them, in words for people. */
const STAGES: Readonly<Record<string, string>> = {
  queued: "Waiting",
  features: "Computing features",
  sampling: "Choosing training points",
  training: "Training",
  prediction: "Segmenting",
  saving: "Saving",
};
/** Live work that is over sooner is not counted down. */
const LONG_SECONDS = 2;

function stageText(job: JobInfo): string {
  const stage = job.state === "queued" ? "queued" : job.stage;
  return STAGES[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
}

const isGoingOn = (job: JobInfo | null): job is JobInfo => job?.state === "queued" || job?.state === "running";

/** True while a job runs that the person started; the live segmentation goes on beside whatever they do. */
export const isRunning = (job: JobInfo | null): job is JobInfo => isGoingOn(job) && job.kind !== "live";

/** How many classes have at least one labelled pixel. */
export const labelledClassCount = (labelledPixels: Readonly<Record<number, number>>): number =>
  Object.values(labelledPixels).filter((pixels) => pixels > 0).length;

function runningText(job: JobInfo): string {
  const left = job.seconds_left === null ? "" : ` ${formatTimeLeft(job.seconds_left)}`;
  if (job.kind !== "apply_all" || job.state === "queued") return `${stageText(job)}…${left}`;
  const image = Math.min(job.images_done + 1, job.images_total);
  return `Image ${formatCount(image)} of ${formatCount(job.images_total)}…${left}`;
}

function resultText(result: ResultInfo | null): string {
  if (result?.state !== "complete") return "";
  return result.outdated ? "Labels changed since" : `Segmented in ${formatDuration(result.seconds)}`;
}

function liveText(job: JobInfo | null): string {
  if (!isGoingOn(job) || job.kind !== "live") return "Live: up to date";
  const left = job.seconds_left;
  return left !== null && left > LONG_SECONDS ? `Live: ${formatTimeLeft(left)}` : "Live: updating…";
}

export function trainState({ labelledPixels, hasClassifier, job, result, live }: TrainFacts): TrainState {
  if (isRunning(job)) return { kind: "running", text: runningText(job), progress: job.progress };
  const labelled = labelledClassCount(labelledPixels);
  if (labelled >= 2) return { kind: "ready", text: live ? liveText(job) : resultText(result) };
  if (hasClassifier) return { kind: "apply-only", text: resultText(result) || "Classifier ready" };
  return { kind: "needs-labels", text: labelled === 0 ? "2 classes need labels" : "1 more class needs labels" };
}
