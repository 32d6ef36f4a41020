// Cleaning results up: the steps of a project, what they would do, and doing them.

import { client, dataOf, fetchBytes, type Schemas } from "./client";
import { cutApart, type TileAddress } from "./tiles";

export type CleaningStep = Schemas["CleaningStepBody"];
export type CleaningInfo = Schemas["CleaningInfo"];

export const getCleaning = (projectId: string): Promise<CleaningInfo> =>
  dataOf(client.GET("/api/projects/{pid}/cleaning", { params: { path: { pid: projectId } } }));

/** Chooses the steps, and begins to clean all results by them, that of `image` first. */
export const setCleaning = (projectId: string, steps: CleaningStep[], image: number): Promise<CleaningInfo> =>
  dataOf(client.PUT("/api/projects/{pid}/cleaning", { params: { path: { pid: projectId } }, body: { steps, image } }));

/** Tiles that one request for a preview may ask for. */
export const MOST_PREVIEW_TILES = 64;

/** uint8 class ids (h, w) of tiles of one level of a result, as steps would make it; `steps` as text, see `stepsText`. */
export async function fetchCleaningPreview(
  { projectId, image, resultId, steps }: { projectId: string; image: number; resultId: string; steps: string },
  tiles: readonly TileAddress[],
  pixelsOf: (at: TileAddress) => number,
  signal: AbortSignal,
): Promise<ArrayBuffer[]> {
  const asked = new URLSearchParams({
    tiles: tiles.map(({ ty, tx }) => `${ty}.${tx}`).join(","),
    steps,
    image: String(image),
  });
  const result = `/api/projects/${encodeURIComponent(projectId)}/results/${encodeURIComponent(resultId)}`;
  const bytes = await fetchBytes(`${result}/cleaned/${tiles[0]?.level ?? 0}?${asked}`, signal);
  return cutApart(bytes, tiles.map(pixelsOf));
}
