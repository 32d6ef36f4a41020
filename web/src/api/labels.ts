// Labels and the classifier of a project: operations, imported labels, loaded classifiers.

import { client, dataOf, type Schemas, upload } from "./client";

const projectPath = (projectId: string): string => `/api/projects/${encodeURIComponent(projectId)}`;

export const sendOperation = (projectId: string, operation: Schemas["Operation"]): Promise<Schemas["OperationAck"]> =>
  dataOf(client.POST("/api/projects/{pid}/operations", { params: { path: { pid: projectId } }, body: operation }));

export const uploadLabels = (
  projectId: string,
  file: File,
  mode: "replace" | "add",
): Promise<Schemas["LabelsImport"]> =>
  upload(`${projectPath(projectId)}/labels?${new URLSearchParams({ mode, file_name: file.name })}`, file);

export const uploadClassifier = (projectId: string, file: File): Promise<Schemas["Project"]> =>
  upload(`${projectPath(projectId)}/classifier?${new URLSearchParams({ file_name: file.name })}`, file);
