// Files made from all images of a project, and an image with its labels as OME-Zarr. They may be larger than memory, so
// that the browser saves them from their address and the page never holds them.

import { tellOfAnswer } from "./answers";
import { errorFromResponse, unreachable } from "./error";

export type Part = "segmentation" | "labels" | "uncertainty" | "probabilities" | "classifier";
export type Values = "ids" | "spread";

export interface ExportOfAll {
  what: readonly Part[];
  form: "zip" | "stack";
  values: Values;
}

export function exportOfAllUrl(projectId: string, { what, form, values }: ExportOfAll): string {
  const query = new URLSearchParams([...what.map((part) => ["what", part]), ["form", form], ["values", values]]);
  return `/api/projects/${encodeURIComponent(projectId)}/export/all?${query}`;
}

export const omeZarrUrl = (projectId: string, image: number): string =>
  `/api/projects/${encodeURIComponent(projectId)}/export/ome-zarr?image=${image}`;

/** Asks whether an address can be saved, without fetching what it answers. Throws ApiError where it is refused. */
export async function assertExport(url: string): Promise<void> {
  const stop = new AbortController();
  try {
    const response = await fetch(url, { signal: stop.signal }).catch(() => {
      throw unreachable();
    });
    tellOfAnswer(response.status);
    if (!response.ok) throw await errorFromResponse(response);
  } finally {
    stop.abort();
  }
}
