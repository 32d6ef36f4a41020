// Files on the computer that runs the server, where that is this one: looked through, and opened where they lie.

import { client, dataOf, type Schemas } from "./client";

export type FolderListing = Schemas["FolderListing"];
export type FolderEntry = Schemas["FolderEntry"];

/** What of a folder can be opened; of the home folder where `path` is null. */
export const listFolder = (path: string | null): Promise<FolderListing> =>
  dataOf(client.GET("/api/files", { params: { query: path === null ? {} : { path } } }));

/** Makes a project of files and folders, which stay where they are. */
export const createFromPaths = (paths: string[]): Promise<Schemas["Project"]> =>
  dataOf(client.POST("/api/projects/from-paths", { body: { paths } }));
