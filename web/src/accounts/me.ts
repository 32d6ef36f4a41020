// Who uses the page. In local mode there is one person without an account, and nothing here does anything.

import { create } from "zustand";
import { beginVisit, getMe, type Me } from "../api/accounts";
import { client } from "../api/client";
import { ApiError } from "../api/error";
import { needsVisit, wasSignedOut } from "./visits";

interface MeState {
  /** Null until the server answered, and where it did not. */
  me: Me | null;
  isAsked: boolean;
}

export const useMe = create<MeState>(() => ({ me: null, isAsked: false }));

/** Asks the server who one is; where it does not answer, the page goes on and says so in its own places. */
export async function learnMe(): Promise<void> {
  try {
    useMe.setState({ me: await getMe() });
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
  } finally {
    useMe.setState({ isAsked: true });
  }
}

/** False only where the server has accounts and knows nobody here. */
export const isKnown = (): boolean => useMe.getState().me?.role !== null;

let beginning: Promise<void> | null = null;

/** One visit, however many requests want to begin it. */
function visit(): Promise<void> {
  beginning ??= beginVisit()
    .then((me) => useMe.setState({ me }))
    .finally(() => {
      beginning = null;
    });
  return beginning;
}

client.use({
  async onRequest({ request, schemaPath }) {
    if (needsVisit(request.method, schemaPath, useMe.getState().me)) await visit();
  },
  onResponse({ response }) {
    if (wasSignedOut(response.status, useMe.getState().me)) void learnMe();
  },
});
