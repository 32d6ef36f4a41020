// The global scope of a worker, with the types of what it hears and says.

export interface WorkerScope<In, Out> {
  onmessage: ((event: MessageEvent<In>) => void) | null;
  postMessage(message: Out, transfer: Transferable[]): void;
}

/** The types of the page and of workers exclude each other in one project; this names the little that is needed. */
export function workerScope<In, Out>(): WorkerScope<In, Out> {
  return globalThis as unknown as WorkerScope<In, Out>;
}
