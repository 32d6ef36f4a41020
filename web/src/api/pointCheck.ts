// Checking the segmentation of an image by points: what lies at random pixels, and what follows from that.

import { client, dataOf, done, type Schemas } from "./client";

export type PointCheck = Schemas["PointCheckInfo"];
export type CheckPoint = Schemas["CheckPointInfo"];
export type PointAnswer = CheckPoint["answer"];
export type PointEstimate = Schemas["PointEstimateInfo"];
export type PointClass = Schemas["PointClassInfo"];
export type Interval = Schemas["IntervalInfo"];

const PATH = "/api/projects/{pid}/point-check";

export const getPointCheck = (projectId: string, image: number): Promise<PointCheck> =>
  dataOf(client.GET(PATH, { params: { path: { pid: projectId }, query: { image } } }));

/** Draws points anew; those there were go with their answers. */
export const drawPoints = (projectId: string, image: number, points: number): Promise<PointCheck> =>
  dataOf(client.POST(PATH, { params: { path: { pid: projectId }, query: { image } }, body: { points } }));

/** Says what lies at a point, counted from 0; null takes the answer back. */
export const answerPoint = (
  projectId: string,
  image: number,
  { checkId, number, answer }: { checkId: string; number: number; answer: PointAnswer },
): Promise<PointCheck> =>
  dataOf(
    client.PUT(`${PATH}/{check_id}/points/{number}`, {
      params: { path: { pid: projectId, check_id: checkId, number }, query: { image } },
      body: { answer },
    }),
  );

export const removePointCheck = (projectId: string, image: number): Promise<void> =>
  done(client.DELETE(PATH, { params: { path: { pid: projectId }, query: { image } } }));
