// The models that give suggestions: what there is, fetching them, files from disk, removing them.

import { client, dataOf, type Schemas, type UploadOptions, upload } from "./client";

export type SmartModel = Schemas["SmartModel"];

export const getSmartModels = (): Promise<SmartModel[]> => dataOf(client.GET("/api/smart/models"));

/** Begins to fetch a model; resolves to the list, in which its state can be followed. */
export const downloadSmartModel = (name: string): Promise<SmartModel[]> =>
  dataOf(client.POST("/api/smart/models/{name}", { params: { path: { name } } }));

/** Removes a model's files, or ends their download. */
export const removeSmartModel = (name: string): Promise<SmartModel[]> =>
  dataOf(client.DELETE("/api/smart/models/{name}", { params: { path: { name } } }));

/** Gives the server one file of a model, which it checks. */
export const putSmartModelFile = (
  name: string,
  part: string,
  file: File,
  options: Pick<UploadOptions, "onProgress" | "signal"> = {},
): Promise<SmartModel[]> =>
  upload(`/api/smart/models/${encodeURIComponent(name)}/files/${encodeURIComponent(part)}`, file, {
    ...options,
    method: "PUT",
  });
