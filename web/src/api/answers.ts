// Who hears the status of every answer, whichever way the request went: as JSON, as bytes, or as an upload that tells
// how much has gone.

type AnswerListener = (status: number) => void;

const listeners = new Set<AnswerListener>();

/** Calls `listener` with the HTTP status of each answer from now on; returns the function that ends it. */
export function onAnswer(listener: AnswerListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Tells all listeners of an answer; every request of this folder does so. */
export function tellOfAnswer(status: number): void {
  for (const listener of [...listeners]) listener(status);
}
