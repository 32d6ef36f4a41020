// Measuring the segmentation of an image: a job, what it found, and tables of it.

import { client, dataOf, type Schemas } from "./client";

export type Measurements = Schemas["MeasurementsBody"];
export type ClassMeasures = Schemas["ClassMeasuresBody"];
export type Histogram = Schemas["HistogramBody"];
export type MeasureBody = Schemas["MeasureBody"];
export type TableName = "classes" | "regions" | "chords" | "correlation";

export const startMeasuring = (projectId: string, body: MeasureBody): Promise<Schemas["JobInfo"]> =>
  dataOf(client.POST("/api/projects/{pid}/measurements", { params: { path: { pid: projectId } }, body }));

export const getMeasurements = (projectId: string, jobId: string): Promise<Measurements> =>
  dataOf(client.GET("/api/projects/{pid}/measurements/{jid}", { params: { path: { pid: projectId, jid: jobId } } }));

/** The address of a table as CSV. */
export const tableUrl = (projectId: string, jobId: string, table: TableName): string =>
  `/api/projects/${encodeURIComponent(projectId)}/measurements/${encodeURIComponent(jobId)}/csv/${table}`;
