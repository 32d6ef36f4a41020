// Who one is: signing in and out, invites, visits.

import { client, dataOf, done, type Schemas } from "./client";

export type Me = Schemas["Me"];
export type InviteOffer = Schemas["InviteOffer"];

/** Sends all of one's own projects as a zip. */
export const EVERYTHING_ADDRESS = "/api/me/everything";

export const getMe = (): Promise<Me> => dataOf(client.GET("/api/me"));

export const signIn = (login: string, password: string): Promise<Me> =>
  dataOf(client.POST("/api/sessions", { body: { login, password } }));

/** Begins to sign in at the provider; the browser goes to the address that is answered. */
export const beginElsewhere = async (returnTo: string, askAgain: boolean): Promise<string> =>
  (await dataOf(client.POST("/api/oidc/begin", { body: { return_to: returnTo, ask_again: askAgain } }))).address;

export const finishElsewhere = (state: string, code: string): Promise<Schemas["SignedIn"]> =>
  dataOf(client.POST("/api/oidc/finish", { body: { state, code } }));

export const signOut = (): Promise<void> => done(client.DELETE("/api/sessions/current"));

export const beginVisit = (): Promise<Me> => dataOf(client.POST("/api/me/visit"));

export const changePassword = (old: string, fresh: string): Promise<void> =>
  done(client.POST("/api/me/password", { body: { old, new: fresh } }));

export const lookAtInvitation = (token: string): Promise<InviteOffer> =>
  dataOf(client.POST("/api/invitation", { body: { token } }));

export const acceptInvitation = (body: Schemas["AcceptBody"]): Promise<Me> =>
  dataOf(client.POST("/api/invitation/accept", { body }));

export type PersonFound = Schemas["PersonFound"];
export type Sharing = Schemas["Sharing"];
export type SharedAccess = Schemas["ShareBody"]["access"];

/** People whose login or name begins so. */
export const findPeople = (q: string): Promise<PersonFound[]> =>
  dataOf(client.GET("/api/people", { params: { query: { q } } }));

export const getSharing = (projectId: string): Promise<Sharing> =>
  dataOf(client.GET("/api/projects/{pid}/sharing", { params: { path: { pid: projectId } } }));

export const shareProject = (projectId: string, person: string, access: SharedAccess): Promise<Sharing> =>
  dataOf(
    client.PUT("/api/projects/{pid}/sharing/{person}", {
      params: { path: { pid: projectId, person } },
      body: { access },
    }),
  );

export const unshareProject = (projectId: string, person: string): Promise<void> =>
  done(client.DELETE("/api/projects/{pid}/sharing/{person}", { params: { path: { pid: projectId, person } } }));
