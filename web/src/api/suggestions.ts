// What smart labelling asks the server for: prepared views, decoders of models, and answers to prompts.

import { fetchBytes, postForBytes, type Schemas } from "./client";

export interface SuggestionQuery {
  image: number;
  model: string;
  /** A complete result whose knowledge is to be used. */
  resultId: string | null;
  /** In pixels of the level, half-open. */
  rectangle: { level: number; top: number; left: number; bottom: number; right: number };
}

/** Prepares a view and fetches it as a container; aborting ends the work on the server too. */
export function fetchPreparedView(
  projectId: string,
  { image, model, resultId, rectangle }: SuggestionQuery,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const query = new URLSearchParams({ model, image: String(image) });
  for (const [name, value] of Object.entries(rectangle)) query.set(name, String(value));
  if (resultId) query.set("result", resultId);
  return fetchBytes(`/api/projects/${encodeURIComponent(projectId)}/suggestions?${query}`, signal);
}

/** The decoder of a model that is installed, as an ONNX file. */
export const fetchDecoder = (model: string): Promise<ArrayBuffer> =>
  fetchBytes(`/api/smart/models/${encodeURIComponent(model)}/decoder`);

/** Regions like those labelled as a class, within a view: a container. */
export const findSimilar = (
  projectId: string,
  body: Schemas["SimilarBody"],
  signal: AbortSignal,
): Promise<ArrayBuffer> =>
  postForBytes(`/api/projects/${encodeURIComponent(projectId)}/suggestions/similar`, body, signal);

/** Lets the server answer a prompt over a view that it encoded: a container of `logits` and `scores`. */
export const decodeOnServer = (projectId: string, body: Schemas["DecodeBody"]): Promise<ArrayBuffer> =>
  postForBytes(`/api/projects/${encodeURIComponent(projectId)}/suggestions/decode`, body);
