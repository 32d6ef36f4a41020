// For administrators: people, invites, storage, jobs, settings, health, and what was done.

import { client, dataOf, done, type Schemas } from "./client";

export type PersonInfo = Schemas["PersonInfo"];
export type PersonPatch = Schemas["PersonPatch"];
export type AccountRole = PersonInfo["role"];
export type SessionInfo = Schemas["SessionInfo"];
export type InviteInfo = Schemas["InviteInfo"];
export type StorageInfo = Schemas["StorageInfo"];
export type ProjectStorage = Schemas["ProjectStorage"];
export type JobOverview = Schemas["JobOverview"];
export type SettingInfo = Schemas["SettingInfo"];
export type ServerHealth = Schemas["ServerHealth"];
export type AuditEntry = Schemas["AuditEntry"];

const ofPerson = (person: string) => ({ params: { path: { person } } });

export const listPeople = (): Promise<PersonInfo[]> => dataOf(client.GET("/api/admin/people"));

export const changePerson = (person: string, body: PersonPatch): Promise<PersonInfo> =>
  dataOf(client.PATCH("/api/admin/people/{person}", { ...ofPerson(person), body }));

/** Resolves to the password, which is shown this once. */
export const drawPassword = async (person: string): Promise<string> =>
  (await dataOf(client.POST("/api/admin/people/{person}/password", ofPerson(person)))).password;

export const listSessions = (person: string): Promise<SessionInfo[]> =>
  dataOf(client.GET("/api/admin/people/{person}/sessions", ofPerson(person)));

export const endSessions = (person: string): Promise<void> =>
  done(client.DELETE("/api/admin/people/{person}/sessions", ofPerson(person)));

export const listInvites = (): Promise<InviteInfo[]> => dataOf(client.GET("/api/admin/invites"));

export const makeInvite = (body: Schemas["NewInvite"]): Promise<Schemas["InviteMade"]> =>
  dataOf(client.POST("/api/admin/invites", { body }));

export const revokeInvite = (invite: string): Promise<void> =>
  done(client.DELETE("/api/admin/invites/{invite}", { params: { path: { invite } } }));

export const getStorage = (): Promise<StorageInfo> => dataOf(client.GET("/api/admin/storage"));

export const deleteAnyProject = (pid: string): Promise<void> =>
  done(client.DELETE("/api/admin/projects/{pid}", { params: { path: { pid } } }));

export const listJobs = (): Promise<JobOverview[]> => dataOf(client.GET("/api/admin/jobs"));

export const cancelAnyJob = (jid: string): Promise<Schemas["JobInfo"]> =>
  dataOf(client.DELETE("/api/admin/jobs/{jid}", { params: { path: { jid } } }));

export const listSettings = (): Promise<SettingInfo[]> => dataOf(client.GET("/api/admin/settings"));

/** Null sets it to what the server was started with. Resolves to all settings. */
export function changeSetting(name: string, value: string | null): Promise<SettingInfo[]> {
  const params = { path: { name } };
  return dataOf(
    value === null
      ? client.DELETE("/api/admin/settings/{name}", { params })
      : client.PUT("/api/admin/settings/{name}", { params, body: { value } }),
  );
}

export const getServerHealth = (): Promise<ServerHealth> => dataOf(client.GET("/api/admin/health"));

/** The newest first; `before` leads on to older ones. */
export const listAuditLog = (before: number | null): Promise<Schemas["AuditLog"]> =>
  dataOf(client.GET("/api/admin/log", { params: { query: { before, limit: 50 } } }));
