// Who one is: signing in and out, invites, visits.

import { client, dataOf, done, type Schemas } from "./client";

export type Me = Schemas["Me"];
export type InviteOffer = Schemas["InviteOffer"];

/** Sends all of one's own projects as a zip. */
export const EVERYTHING_ADDRESS = "/api/me/everything";

export const getMe = (): Promise<Me> => dataOf(client.GET("/api/me"));

export const signIn = (login: string, password: string): Promise<Me> =>
  dataOf(client.POST("/api/sessions", { body: { login, password } }));

export const signOut = (): Promise<void> => done(client.DELETE("/api/sessions/current"));

export const beginVisit = (): Promise<Me> => dataOf(client.POST("/api/me/visit"));

export const changePassword = (old: string, fresh: string): Promise<void> =>
  done(client.POST("/api/me/password", { body: { old, new: fresh } }));

export const lookAtInvitation = (token: string): Promise<InviteOffer> =>
  dataOf(client.POST("/api/invitation", { body: { token } }));

export const acceptInvitation = (body: Schemas["AcceptBody"]): Promise<Me> =>
  dataOf(client.POST("/api/invitation/accept", { body }));
