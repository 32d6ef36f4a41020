// Projects: list, open, make, change, crop, delete.

import { client, dataOf, done, type Schemas, type UploadOptions, upload } from "./client";

type Project = Schemas["Project"];

export const listProjects = (): Promise<Schemas["ProjectSummary"][]> => dataOf(client.GET("/api/projects"));

export const listSamples = (): Promise<Schemas["SampleInfo"][]> => dataOf(client.GET("/api/samples"));

/** The project with what belongs to one of its images; null: to the first in order. */
export const getProject = (projectId: string, image: number | null = null, signal?: AbortSignal): Promise<Project> =>
  dataOf(
    client.GET("/api/projects/{pid}", {
      params: { path: { pid: projectId }, query: { image } },
      ...(signal && { signal }),
    }),
  );

export interface NewProject extends UploadOptions {
  file: File;
  /** Page of a file with several images, from 0. */
  page: number;
}

/** Makes a project of an image file; its name is the file's without the extension. */
export function createProject({ file, page, ...options }: NewProject): Promise<Project> {
  const name = file.name.replace(/(\.ome)?\.[^.]+$/i, "").slice(0, 120) || file.name.slice(0, 120) || "Image";
  const query = new URLSearchParams({ name, file_name: file.name, page: String(page) });
  return upload<Project>(`/api/projects?${query}`, file, options);
}

export const createFromSample = (sample: string): Promise<Project> =>
  dataOf(client.POST("/api/projects/from-sample", { body: { sample } }));

/** Changes a project; answered with what belongs to one of its images, as `getProject` does. */
export const patchProject = (
  projectId: string,
  patch: Schemas["ProjectPatch"],
  image: number | null = null,
): Promise<Project> =>
  dataOf(client.PATCH("/api/projects/{pid}", { params: { path: { pid: projectId }, query: { image } }, body: patch }));

export const deleteProject = (projectId: string): Promise<void> =>
  done(client.DELETE("/api/projects/{pid}", { params: { path: { pid: projectId } } }));

/** Makes a new project of a rectangle of an image, labels included. */
export const cropProject = (projectId: string, image: number, rectangle: Schemas["CropBody"]): Promise<Project> =>
  dataOf(
    client.POST("/api/projects/{pid}/crop", {
      params: { path: { pid: projectId }, query: { image } },
      body: rectangle,
    }),
  );

/** Address of a picture of the project, at most 256 px a side. */
export const thumbnailUrl = (projectId: string): string => `/api/projects/${encodeURIComponent(projectId)}/thumbnail`;

/** Address of a picture of a sample, at most 256 px a side. */
export const sampleThumbnailUrl = (sampleId: string): string =>
  `/api/samples/${encodeURIComponent(sampleId)}/thumbnail`;
