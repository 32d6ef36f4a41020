// Choosing features: pictures of them over a part of an image, and the search for a smaller recipe.

import { client, dataOf, fetchBytes, type Schemas } from "./client";
import type { ImageOf } from "./tiles";

export type FeatureSuggestion = Schemas["FeatureSuggestionBody"];

/** Rows and columns of an image at full resolution; bottom and right are excluded. */
export type ImagePart = Schemas["Viewport"];

/** A container with a picture of each plane of a recipe over a part of an image. */
export function fetchFeaturePreview(
  { projectId, image }: ImageOf,
  recipe: Schemas["RecipeBody"],
  part: ImagePart,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const query = new URLSearchParams({
    image: String(image),
    sigma_convention: recipe.sigma_convention,
    window: String(recipe.window),
  });
  for (const family of recipe.families) query.append("families", family);
  for (const scale of recipe.scales_px) query.append("scales_px", String(scale));
  for (const side of ["top", "left", "bottom", "right"] as const) query.set(side, String(part[side]));
  return fetchBytes(`/api/projects/${encodeURIComponent(projectId)}/feature-preview?${query}`, signal);
}

export const startSuggestingFeatures = (
  projectId: string,
  body: Schemas["ProjectSettings"],
): Promise<Schemas["JobInfo"]> =>
  dataOf(client.POST("/api/projects/{pid}/feature-suggestions", { params: { path: { pid: projectId } }, body }));

export const getFeatureSuggestion = (projectId: string, jobId: string): Promise<FeatureSuggestion> =>
  dataOf(
    client.GET("/api/projects/{pid}/feature-suggestions/{jid}", { params: { path: { pid: projectId, jid: jobId } } }),
  );
