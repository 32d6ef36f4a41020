// The one client of the server's JSON interface; its types are generated from the server's OpenAPI.

import createClient from "openapi-fetch";
import { tellOfAnswer } from "./answers";
import { ApiError, errorFromBody, errorFromResponse, unreachable } from "./error";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  // Looked up at each call, so that tests can stand in for the server.
  fetch: (request) => globalThis.fetch(request),
});
client.use({ onResponse: ({ response }) => tellOfAnswer(response.status) });

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** Resolves to the answer's data; throws ApiError where the server refused or did not answer. */
export async function dataOf<T>(pending: Promise<Answer<T>>): Promise<T> {
  const answer = await answerOf(pending);
  if (answer.data === undefined) throw errorFromBody(answer.response.status, answer.error);
  return answer.data;
}

/** As `dataOf`, for answers without a body. */
export async function done(pending: Promise<Answer<unknown>>): Promise<void> {
  const answer = await answerOf(pending);
  if (!answer.response.ok) throw errorFromBody(answer.response.status, answer.error);
}

async function answerOf<T>(pending: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await pending;
  } catch (failure) {
    throw asApiError(failure);
  }
}

/** Fetches bytes; throws ApiError, or the abort reason where `signal` ended it. */
export function fetchBytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return bytesOf(path, signal ? { signal } : {}, signal);
}

/** Sends JSON and fetches bytes; throws as `fetchBytes`. */
export function postForBytes(path: string, body: unknown, signal?: AbortSignal): Promise<ArrayBuffer> {
  const headers = { "Content-Type": "application/json" };
  return bytesOf(path, { method: "POST", headers, body: JSON.stringify(body), ...(signal && { signal }) }, signal);
}

async function bytesOf(path: string, request: RequestInit, signal?: AbortSignal): Promise<ArrayBuffer> {
  try {
    const response = await fetch(path, request);
    tellOfAnswer(response.status);
    if (!response.ok) throw await errorFromResponse(response);
    return await response.arrayBuffer();
  } catch (failure) {
    throw signal?.aborted ? failure : asApiError(failure);
  }
}

/** An ApiError for whatever a request threw. */
function asApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  return failure instanceof SyntaxError
    ? new ApiError("unexpected_answer", "The server's answer could not be read.", "Reload the page.", 502)
    : unreachable();
}

export interface UploadOptions {
  /** Hears the share that was sent, 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  method?: "POST" | "PUT";
}

/** Sends a file as the raw body; resolves to the parsed answer. Throws ApiError, or the abort reason of `signal`. */
export function upload<T>(
  path: string,
  file: Blob,
  { onProgress, signal, method = "POST" }: UploadOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    };
    request.onload = () => {
      tellOfAnswer(request.status);
      const body: unknown = request.response;
      if (request.status >= 200 && request.status < 300 && body !== null) resolve(body as T);
      else reject(errorFromBody(request.status, body));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
