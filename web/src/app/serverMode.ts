// Whether the server runs on this very computer, so that files can be opened where they lie.

import { create } from "zustand";
import { ApiError } from "../api/error";
import { getHealth } from "../api/features";

export const useServerMode = create<{ isLocal: boolean }>(() => ({ isLocal: false }));

/** Asks once; where the server does not answer, files are sent to it as from anywhere. */
export async function learnServerMode(): Promise<void> {
  try {
    useServerMode.setState({ isLocal: (await getHealth()).mode === "local" });
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
  }
}
