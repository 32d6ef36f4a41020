// Files that go to the server in pieces, and projects made of them.

import { tellOfAnswer } from "./answers";
import { client, dataOf, done, type Schemas } from "./client";
import { errorFromBody, unreachable } from "./error";

type Upload = Schemas["Upload"];

/** A line on which nothing moves for so long is taken for broken. */
const STALLED_MS = 30_000;

export const beginUpload = (fileName: string, size: number, signal: AbortSignal): Promise<Upload> =>
  dataOf(client.POST("/api/uploads", { body: { file_name: fileName, size }, signal: within(signal) }));

export const getUpload = (uploadId: string, signal: AbortSignal): Promise<Upload> =>
  dataOf(client.GET("/api/uploads/{uid}", { params: { path: { uid: uploadId } }, signal: within(signal) }));

export const dropUpload = (uploadId: string): Promise<void> =>
  done(client.DELETE("/api/uploads/{uid}", { params: { path: { uid: uploadId } } }));

const within = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(STALLED_MS)]);

export interface PieceOptions {
  signal: AbortSignal;
  /** Hears how many bytes of the piece have gone. */
  onProgress(bytes: number): void;
}

/** Sends the part of a file at `offset` with its checksum. Throws ApiError, or the abort reason of `signal`. */
export function sendPiece(
  uploadId: string,
  offset: number,
  piece: { content: Blob; checksum: string },
  { signal, onProgress }: PieceOptions,
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Not fetch, which does not tell how much has gone.
    const request = new XMLHttpRequest();
    request.open("PATCH", `/api/uploads/${encodeURIComponent(uploadId)}?offset=${offset}`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Chunk-SHA256", piece.checksum);
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const moves = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    const abort = (): void => request.abort();
    request.upload.onprogress = (event) => {
      moves();
      onProgress(event.loaded);
    };
    request.onload = () => {
      tellOfAnswer(request.status);
      const body: unknown = request.response;
      if (request.status >= 200 && request.status < 300 && body !== null) resolve(body as Upload);
      else reject(errorFromBody(request.status, body));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(signal.aborted ? signal.reason : unreachable());
    request.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    moves();
    request.send(piece.content);
  });
}

/** Makes a project of complete uploads, in the server's natural order; named after the first where no name is given. */
export const createFromUploads = (uploads: string[], name: string | null): Promise<Schemas["Project"]> =>
  dataOf(client.POST("/api/projects/from-uploads", { body: { uploads, ...(name !== null && { name }) } }));
