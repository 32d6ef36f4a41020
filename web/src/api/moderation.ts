// Moderation: what waits, what to do with it, what was done.

import { client, dataOf, type Schemas } from "./client";

export type QueueItem = Schemas["QueueItem"];
export type ModerationStep = Schemas["ModerationRecord"];
export type Decision = Exclude<Schemas["ModerationBody"]["action"], "take_out">;

export const listQueue = (): Promise<QueueItem[]> => dataOf(client.GET("/api/moderation/queue"));

/** The newest steps first; `before` leads on to older ones. */
export const listSteps = (before: number | null): Promise<Schemas["ModerationLog"]> =>
  dataOf(client.GET("/api/moderation/log", { params: { query: { before, limit: 50 } } }));

/** Resolves to what still waits. */
export const decide = (entryId: string, version: number, action: Decision, reason: string): Promise<QueueItem[]> =>
  dataOf(
    client.POST("/api/moderation/{eid}", {
      params: { path: { eid: entryId } },
      body: { version, action, reason },
    }),
  );

/** Takes a public entry out of the gallery, for a reason that everybody can read. */
export const takeOut = (entryId: string, version: number, reason: string): Promise<QueueItem[]> =>
  dataOf(
    client.POST("/api/moderation/{eid}", {
      params: { path: { eid: entryId } },
      body: { version, action: "take_out", reason },
    }),
  );
