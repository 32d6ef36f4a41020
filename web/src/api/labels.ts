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

export const uploadLabels = (
  projectId: string,
  file: File,
  mode: "replace" | "add",
): Promise<Schemas["LabelsImport"]> =>
  upload(`${projectPath(projectId)}/labels?${new URLSearchParams({ mode, file_name: file.name })}`, file);

export const uploadClassifier = (projectId: string, file: File): Promise<Schemas["Project"]> =>
  upload(`${projectPath(projectId)}/classifier?${new URLSearchParams({ file_name: file.name })}`, file);
