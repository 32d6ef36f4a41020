// Who uses the page. In local mode there is one person without an account, and nothing here does anything.

import { create } from "zustand";
import { beginVisit, getMe, type Me } from "../api/accounts";
import { onAnswer } from "../api/answers";
import { client } from "../api/client";
import { ApiError } from "../api/error";
import { endedSession, needsVisit, wasSignedOut } from "./visits";

interface MeState {
  /** Null until the server answered, and where it did not. */
  me: Me | null;
  isAsked: boolean;
  /** Who it was whose session has ended behind the page's back; what is shown is still theirs. */
  ended: Me | null;
}

export const useMe = create<MeState>(() => ({ me: null, isAsked: false, ended: null }));

/** Takes over whom the server knows now. */
export const becomes = (me: Me): void => useMe.setState({ me, ended: null });

let asking: Promise<void> | null = null;

/** Asks the server who one is; where it does not answer, the page goes on and says so in its own places. */
export function learnMe(): Promise<void> {
  asking ??= askWho().finally(() => {
    asking = null;
  });
  return asking;
}

async function askWho(): Promise<void> {
  try {
    const me = await getMe();
    useMe.setState((before) => ({ me, ended: endedSession(before.ended, before.me, me) }));
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
  } finally {
    useMe.setState({ isAsked: true });
  }
}

/** False only where the server has accounts and knows nobody here. */
export const isKnown = (): boolean => useMe.getState().me?.role !== null;

/** True for a refusal that the dialog over the page is about: the session of whoever is at work here has ended. */
export function isAskedToSignIn({ status }: ApiError): boolean {
  const { me, ended } = useMe.getState();
  return status === 401 && (ended !== null || wasSignedOut(status, me));
}

/** Whether one may moderate, on a server where somebody has to. */
export const mayModerate = ({ me }: MeState): boolean =>
  me !== null && me.mode !== "local" && (me.role === "moderator" || me.role === "admin");

let beginning: Promise<void> | null = null;

/** One visit, however many requests want to begin it. */
function visit(): Promise<void> {
  beginning ??= beginVisit()
    .then(becomes)
    .finally(() => {
      beginning = null;
    });
  return beginning;
}

client.use({
  async onRequest({ request, schemaPath }) {
    const { me, ended } = useMe.getState();
    // Whoever was signed out is asked to sign in again, and does not become a stranger silently.
    if (!ended && needsVisit(request.method, schemaPath, me)) await visit();
  },
});
onAnswer((status) => {
  if (wasSignedOut(status, useMe.getState().me)) void learnMe();
});
