// What the Train control says: one plain state derived from labels, classifier, job and result.

import type { JobInfo, ResultInfo } from "../../state/contract";
import { formatDuration, formatTimeLeft } from "../wording/numbers";

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

function stageText(job: JobInfo): string {
  const stage = job.state === "queued" ? "queued" : job.stage;
  if (!stage) return "Working";
  return STAGES[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
}

export const isRunning = (job: JobInfo | null): job is JobInfo => job?.state === "queued" || job?.state === "running";

/** How many classes have at least one labelled pixel. */
export const labelledClassCount = (labelledPixels: Readonly<Record<number, number>>): number =>
  Object.values(labelledPixels).filter((pixels) => pixels > 0).length;

function resultText(result: ResultInfo | null): string {
  if (result?.state !== "complete") return "";
  return result.outdated ? "Labels changed since" : `Segmented in ${formatDuration(result.seconds)}`;
}

export function trainState({ labelledPixels, hasClassifier, job, result }: TrainFacts): TrainState {
  if (isRunning(job)) {
    const left = job.seconds_left === null ? "" : ` ${formatTimeLeft(job.seconds_left)}`;
    return { kind: "running", text: `${stageText(job)}…${left}`, progress: job.progress };
  }
  const labelled = labelledClassCount(labelledPixels);
  if (labelled >= 2) return { kind: "ready", text: resultText(result) };
  if (hasClassifier) return { kind: "apply-only", text: resultText(result) || "Classifier ready" };
  return { kind: "needs-labels", text: labelled === 0 ? "2 classes need labels" : "1 more class needs labels" };
}
