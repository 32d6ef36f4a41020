// Raw tiles: the image's pixels, labels and edits at the finest level, and results.

import { fetchBytes } from "./client";

const projectPath = (projectId: string): string => `/api/projects/${encodeURIComponent(projectId)}`;

export interface TileAddress {
  level: number;
  ty: number;
  tx: number;
}

/** Little-endian pixels (channels, h, w) of one image tile. */
export const fetchImageTile = (projectId: string, at: TileAddress, signal: AbortSignal): Promise<ArrayBuffer> =>
  fetchBytes(`${projectPath(projectId)}/image/${at.level}/${at.ty}/${at.tx}`, signal);

/** uint8 class ids (h, w) of one result tile, 0 where not computed; or uncertainty, 255 = 1. */
export const fetchResultTile = (
  projectId: string,
  resultId: string,
  layer: "segmentation" | "uncertainty",
  at: TileAddress,
  signal: AbortSignal,
): Promise<ArrayBuffer> =>
  fetchBytes(
    `${projectPath(projectId)}/results/${encodeURIComponent(resultId)}/${layer}/${at.level}/${at.ty}/${at.tx}`,
    signal,
  );

/** uint8 class ids (h, w) of one tile of a drawn layer, at the finest level. */
export const fetchLayerTile = (
  projectId: string,
  layer: "labels" | "edits",
  ty: number,
  tx: number,
  signal?: AbortSignal,
): Promise<ArrayBuffer> => fetchBytes(`${projectPath(projectId)}/layers/${layer}/${ty}/${tx}`, signal);
