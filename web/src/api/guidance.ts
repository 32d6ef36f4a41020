// Where a new label would help most.

import { client, dataOf, type Schemas } from "./client";

/** The places of all images of a project; `image` is the one that is looked at. */
export const getWhereNext = (projectId: string, image: number): Promise<Schemas["WhereNext"]> =>
  dataOf(client.GET("/api/projects/{pid}/where-next", { params: { path: { pid: projectId }, query: { image } } }));
