// Waiting for the end of a job that nobody is told about: asks how far it is until it has ended.

import type { Schemas } from "./client";
import { ApiError } from "./error";
import { cancelJob, getJob } from "./jobs";

const ASK_AGAIN_MS = 200;

export interface JobWatch {
  signal: AbortSignal;
  /** Hears the share that is done, 0 to 1. */
  onProgress: (share: number) => void;
}

/** Resolves when the job is done. Throws ApiError where it failed, and the signal's reason where it was given up. */
export async function jobEnd(begun: Schemas["JobInfo"], { signal, onProgress }: JobWatch): Promise<void> {
  let job = begun;
  while (job.state === "queued" || job.state === "running") {
    if (signal.aborted) {
      // Those who may only look cannot cancel; their job ends by itself.
      await cancelJob(job.id).catch(() => undefined);
      throw signal.reason;
    }
    onProgress(job.progress);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    job = await getJob(job.id);
  }
  if (job.state === "failed" && job.error) throw new ApiError(job.error.code, job.error.message, job.error.hint, 409);
  if (job.state !== "done") throw new ApiError("cancelled", "This was cancelled.", "Start it again.", 409);
}
