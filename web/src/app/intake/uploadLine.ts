// The line to the server that the page's uploads use.

import { beginUpload, dropUpload, getUpload, sendPiece } from "../../api/uploads";
import { rememberedUploads } from "./rememberedUploads";
import { type NamedFile, type QueueOptions, sendFiles, type Transfer, takeBack } from "./uploadQueue";

const transport: QueueOptions["transport"] = {
  create: beginUpload,
  state: getUpload,
  send: sendPiece,
  drop: dropUpload,
};

const memory = rememberedUploads(localStorage, Date.now);

/** Sends files; see `sendFiles`. Closing the page meanwhile is asked about. */
export async function sendToServer(
  files: readonly NamedFile[],
  signal: AbortSignal,
  onTransfer: (transfer: Transfer) => void,
): Promise<string[]> {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  window.addEventListener("beforeunload", ask);
  try {
    return await sendFiles(files, { transport, memory, signal, onTransfer, pause, now: () => performance.now() });
  } finally {
    window.removeEventListener("beforeunload", ask);
  }
}

/** Uploads that were made into something are no longer there. */
export const forgetUploads = (ids: readonly string[]): void => memory.forget(ids);

/** Lets the server throw away what was sent. */
export const takeBackUploads = (ids: readonly string[]): Promise<void> => takeBack(ids, { transport, memory });

/** Ends early when the network comes back. Throws the abort reason of `signal`. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
