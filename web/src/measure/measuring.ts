// Measuring as one promise: starts the job, asks how far it is until it has ended, and fetches what it found.

import { ApiError } from "../api/error";
import { cancelJob, getJob } from "../api/jobs";
import { getMeasurements, type MeasureBody, type Measurements, startMeasuring } from "../api/measurements";

const ASK_AGAIN_MS = 200;

export interface Measured {
  jobId: string;
  measurements: Measurements;
}

interface Watch {
  signal: AbortSignal;
  /** Hears the share that is done, 0 to 1. */
  onProgress: (share: number) => void;
}

/** Measures an image. Throws ApiError where that fails, and the signal's reason where it was given up. */
export async function measure(projectId: string, body: MeasureBody, { signal, onProgress }: Watch): Promise<Measured> {
  onProgress(0);
  let job = await startMeasuring(projectId, body);
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
  if (job.state !== "done") throw new ApiError("cancelled", "Measuring was cancelled.", "Measure again.", 409);
  return { jobId: job.id, measurements: await getMeasurements(projectId, job.id) };
}
