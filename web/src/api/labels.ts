// Labels and the classifier of a project: operations, imported labels, loaded classifiers.

import { client, dataOf, type Schemas, upload } from "./client";

const projectPath = (projectId: string): string => `/api/projects/${encodeURIComponent(projectId)}`;

/** A server that has not answered by then is taken for away; sending again does no harm. */
const ANSWER_MS = 30_000;

export const sendOperation = (projectId: string, operation: Schemas["Operation"]): Promise<Schemas["OperationAck"]> =>
  dataOf(
    client.POST("/api/projects/{pid}/operations", {
      params: { path: { pid: projectId } },
      body: operation,
      signal: AbortSignal.timeout(ANSWER_MS),
    }),
  );

export function uploadLabels(
  projectId: string,
  image: number,
  file: File,
  mode: "replace" | "add",
): Promise<Schemas["LabelsImport"]> {
  const query = new URLSearchParams({ mode, file_name: file.name, image: String(image) });
  return upload(`${projectPath(projectId)}/labels?${query}`, file);
}

export function uploadClassifier(projectId: string, image: number, file: File): Promise<Schemas["Project"]> {
  const query = new URLSearchParams({ file_name: file.name, image: String(image) });
  return upload(`${projectPath(projectId)}/classifier?${query}`, file);
}
