// Jobs: train, apply, cancel; and downloads of what they made.

import { tellOfAnswer } from "./answers";
import { client, dataOf, type Schemas } from "./client";
import { errorFromResponse, unreachable } from "./error";
import type { ImageOf } from "./tiles";

type JobInfo = Schemas["JobInfo"];

type JobRequest = Schemas["JobRequest"];

export const startTraining = (projectId: string, body: JobRequest): Promise<JobInfo> =>
  dataOf(client.POST("/api/projects/{pid}/train", { params: { path: { pid: projectId } }, body }));

export const startApplying = (projectId: string, body: JobRequest): Promise<JobInfo> =>
  dataOf(client.POST("/api/projects/{pid}/apply", { params: { path: { pid: projectId } }, body }));

export const startApplyingToAll = (projectId: string, again: boolean): Promise<JobInfo> =>
  dataOf(client.POST("/api/projects/{pid}/apply-all", { params: { path: { pid: projectId } }, body: { again } }));

/** Switches the live segmentation on or off, or says what is looked at. */
export const putLive = (projectId: string, body: Schemas["LiveBody"]): Promise<Schemas["LiveState"]> =>
  dataOf(client.PUT("/api/projects/{pid}/live", { params: { path: { pid: projectId } }, body }));

export const getJob = (jobId: string): Promise<JobInfo> =>
  dataOf(client.GET("/api/jobs/{jid}", { params: { path: { jid: jobId } } }));

export const cancelJob = (jobId: string): Promise<JobInfo> =>
  dataOf(client.DELETE("/api/jobs/{jid}", { params: { path: { jid: jobId } } }));

export type Export = "segmentation" | "labels" | "uncertainty" | "probabilities" | "classifier";

/** Fetches an export of an image, or of the project, and its file name as the server chose it. */
export async function fetchExport(
  { projectId, image }: ImageOf,
  what: Export,
  values: "ids" | "spread",
): Promise<{ name: string; content: Blob }> {
  const query = new URLSearchParams({ image: String(image) });
  if (what === "segmentation" || what === "labels") query.set("values", values);
  const response = await fetch(`/api/projects/${encodeURIComponent(projectId)}/export/${what}?${query}`).catch(() => {
    throw unreachable();
  });
  tellOfAnswer(response.status);
  if (!response.ok) throw await errorFromResponse(response);
  const content = await response.blob().catch(() => {
    throw unreachable();
  });
  return { name: fileName(response.headers.get("Content-Disposition")) ?? `${what}.tif`, content };
}

/** The file name of a Content-Disposition header, the UTF-8 form first. */
export function fileName(disposition: string | null): string | null {
  if (!disposition) return null;
  const extended = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition)?.[1];
  if (extended) return decodeURIComponent(extended);
  return /filename\s*=\s*"?([^";]+)"?/i.exec(disposition)?.[1] ?? null;
}
