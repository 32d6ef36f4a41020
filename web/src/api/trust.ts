// How far the segmentation of an image can be trusted.

import { client, dataOf, type Schemas } from "./client";

export type Trust = Schemas["TrustInfo"];
export type ClassAgreement = Schemas["ClassAgreementInfo"];
export type ShareInterval = Schemas["ShareIntervalInfo"];
export type TrendEntry = Schemas["TrustTrendEntry"];

export const getTrust = (projectId: string, image: number): Promise<Trust> =>
  dataOf(client.GET("/api/projects/{pid}/trust", { params: { path: { pid: projectId }, query: { image } } }));
