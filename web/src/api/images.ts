// The images of a project: add, rename, remove, put in order, find again. Each answers the project as it is then.

import { client, dataOf, type Schemas } from "./client";

type Project = Schemas["Project"];
export type ImageSummary = Schemas["ImageSummary"];

export const addImages = (projectId: string, sources: { uploads?: string[]; paths?: string[] }): Promise<Project> =>
  dataOf(
    client.POST("/api/projects/{pid}/images", {
      params: { path: { pid: projectId } },
      body: { uploads: sources.uploads ?? [], paths: sources.paths ?? [] },
    }),
  );

const pathTo = (projectId: string, image: number) => ({ params: { path: { pid: projectId, image } } });

export const renameImage = (projectId: string, image: number, name: string): Promise<Project> =>
  dataOf(client.PATCH("/api/projects/{pid}/images/{image}", { ...pathTo(projectId, image), body: { name } }));

export const removeImage = (projectId: string, image: number): Promise<Project> =>
  dataOf(client.DELETE("/api/projects/{pid}/images/{image}", pathTo(projectId, image)));

/** Puts all images of the project into the order of `images`. */
export const orderImages = (projectId: string, images: number[]): Promise<Project> =>
  dataOf(client.PUT("/api/projects/{pid}/order", { params: { path: { pid: projectId } }, body: { images } }));

/** Says where the file of a linked image lies now; its content has to be the same. */
export const relinkImage = (projectId: string, image: number, path: string): Promise<Project> =>
  dataOf(client.POST("/api/projects/{pid}/images/{image}/source", { ...pathTo(projectId, image), body: { path } }));

/** Address of a picture of one image, at most 256 px a side. */
export const imageThumbnailUrl = (projectId: string, image: number): string =>
  `/api/projects/${encodeURIComponent(projectId)}/thumbnail?image=${image}`;
