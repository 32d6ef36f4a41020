// Applying steps of cleaning: chooses them, follows the job that does them, and tells how far it is or what went wrong.

import { useEffect, useRef, useState } from "react";
import { type CleaningStep, getCleaning } from "../api/cleaning";
import type { Schemas } from "../api/client";
import { ApiError } from "../api/error";
import { jobEnd } from "../api/jobEnd";
import { useEditor } from "../app/editorContext";

export type CleaningState =
  | { kind: "idle" }
  | { kind: "cleaning"; share: number }
  | { kind: "failed"; message: string };

export interface Cleaning {
  state: CleaningState;
  /** Images whose results are not cleaned by the steps of the project. */
  due: number;
  /** Resolves to whether the steps are those of the project, when they were done or given up. */
  apply: (steps: CleaningStep[]) => Promise<boolean>;
  cancel: () => void;
}

/** `now` changes with whatever may change which results have to be cleaned. */
export function useCleaning(projectId: string, now: string): Cleaning {
  const editor = useEditor();
  const [state, setState] = useState<CleaningState>({ kind: "idle" });
  const [due, setDue] = useState(0);
  const following = useRef<AbortController | null>(null);

  const follow = async (job: Schemas["JobInfo"]): Promise<void> => {
    const control = new AbortController();
    following.current = control;
    setState({ kind: "cleaning", share: job.progress });
    try {
      await jobEnd(job, { signal: control.signal, onProgress: (share) => setState({ kind: "cleaning", share }) });
      setState({ kind: "idle" });
    } catch (failure) {
      setState(control.signal.aborted ? { kind: "idle" } : failed(failure));
    } finally {
      following.current = null;
    }
    setDue((await getCleaning(projectId)).due.length);
  };

  const apply = async (steps: CleaningStep[]): Promise<boolean> => {
    try {
      const info = await editor.setCleaning(steps);
      setDue(info?.due.length ?? 0);
      if (info?.job) await follow(info.job);
      else setState({ kind: "idle" });
      return info !== null;
    } catch (failure) {
      setState(failed(failure));
      return false;
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when anything became another one.
  useEffect(() => {
    let isWanted = true;
    const ask = async (): Promise<void> => {
      const info = await getCleaning(projectId).catch(() => null); // the connection tells of itself
      if (!info || !isWanted) return;
      setDue(info.due.length);
      if (info.job && !following.current) await follow(info.job).catch(() => undefined);
    };
    void ask();
    return () => {
      isWanted = false;
    };
  }, [projectId, now]);

  return { state, due, apply, cancel: () => following.current?.abort() };
}

function failed(failure: unknown): CleaningState {
  if (!(failure instanceof ApiError)) throw failure;
  return { kind: "failed", message: `${failure.message} ${failure.hint}` };
}
