// When a visit without an account begins, and when a session has ended behind one's back.

import type { Me } from "../api/accounts";

/** Requests that are for everybody, or that begin a session themselves. */
const NEED_NO_VISIT = [
  "/api/me/visit",
  "/api/sessions",
  "/api/invitation",
  "/api/invitation/accept",
  "/api/oidc/begin",
  "/api/oidc/finish",
];

/** True for the first request of a stranger on a public site that changes anything. */
export function needsVisit(method: string, path: string, me: Me | null): boolean {
  if (me?.mode !== "public" || me.role !== null) return false;
  return method !== "GET" && method !== "HEAD" && !NEED_NO_VISIT.includes(path);
}

/** True where the server no longer knows somebody whom it knew. */
export function wasSignedOut(status: number, me: Me | null): boolean {
  return status === 401 && me !== null && me.mode !== "local" && me.role !== null;
}

/** Whose session has ended, if anybody's: `ended` until now, `before` is who it was, `now` who it is. */
export function endedSession(ended: Me | null, before: Me | null, now: Me): Me | null {
  if (now.role !== null) return null;
  return before && before.role !== null ? before : ended;
}

/** True where somebody goes on as the same person, so that all that is shown stays theirs. */
export const isSamePerson = (ended: Me, now: Me): boolean =>
  ended.person !== null && ended.person.id === now.person?.id;
