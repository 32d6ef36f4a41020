// Measuring as one promise: starts the job, waits for its end, and fetches what it found.

import { type JobWatch, jobEnd } from "../api/jobEnd";
import { getMeasurements, type MeasureBody, type Measurements, startMeasuring } from "../api/measurements";

export interface Measured {
  jobId: string;
  measurements: Measurements;
}

/** Measures an image. Throws ApiError where that fails, and the signal's reason where it was given up. */
export async function measure(projectId: string, body: MeasureBody, watch: JobWatch): Promise<Measured> {
  watch.onProgress(0);
  const job = await startMeasuring(projectId, body);
  await jobEnd(job, watch);
  return { jobId: job.id, measurements: await getMeasurements(projectId, job.id) };
}
