// Raw tiles: the image's pixels, labels and edits at the finest level, and results.

import { fetchBytes } from "./client";
import { ApiError } from "./error";

const projectPath = (projectId: string): string => `/api/projects/${encodeURIComponent(projectId)}`;

export interface TileAddress {
  level: number;
  ty: number;
  tx: number;
}

/** An image of a project. */
export interface ImageOf {
  projectId: string;
  image: number;
}

/** Little-endian pixels (channels, h, w) of one image tile. */
export const fetchImageTile = (
  { projectId, image }: ImageOf,
  { level, ty, tx }: TileAddress,
  signal: AbortSignal,
): Promise<ArrayBuffer> => fetchBytes(`${projectPath(projectId)}/image/${level}/${ty}/${tx}?image=${image}`, signal);

/** Tiles that one request for results may ask for. */
export const MOST_RESULT_TILES = 32;

/**
 * Result tiles of one level, for each two planes (2, h, w) of uint8: class ids, 0 where not computed, and uncertainty,
 * 255 = 1. `pixelsOf` says how many pixels a tile has.
 */
export async function fetchResultTiles(
  projectId: string,
  resultId: string,
  tiles: readonly TileAddress[],
  pixelsOf: (at: TileAddress) => number,
  signal: AbortSignal,
): Promise<ArrayBuffer[]> {
  const level = tiles[0]?.level ?? 0;
  const names = tiles.map(({ ty, tx }) => `${ty}.${tx}`).join(",");
  const path = `${projectPath(projectId)}/results/${encodeURIComponent(resultId)}/batch/${level}?tiles=${names}`;
  return cutApart(
    await fetchBytes(path, signal),
    tiles.map((at) => 2 * pixelsOf(at)),
  );
}

/** Cuts an answer into parts of these lengths; throws ApiError where it has another length than all of them. */
export function cutApart(bytes: ArrayBuffer, lengths: readonly number[]): ArrayBuffer[] {
  let start = 0;
  const parts = lengths.map((length) => {
    const from = start;
    start += length;
    return bytes.slice(from, start);
  });
  if (start !== bytes.byteLength) {
    throw new ApiError("unexpected_answer", "The server's answer could not be read.", "Reload the page.", 502);
  }
  return parts;
}

/** uint8 class ids (h, w) of one tile of a drawn layer, at the finest level. */
export const fetchLayerTile = (
  { projectId, image }: ImageOf,
  layer: "labels" | "edits",
  ty: number,
  tx: number,
  signal?: AbortSignal,
): Promise<ArrayBuffer> => fetchBytes(`${projectPath(projectId)}/layers/${layer}/${ty}/${tx}?image=${image}`, signal);
