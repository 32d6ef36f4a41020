// The worker of Segment Anything models: apart from the built-in suggester's, which so never waits for a decoder.

import { decodeOnServer } from "../api/suggestions";
import { AnswerDesk } from "./answerDesk";
import { unpackArrays } from "./container";
import { pictureOfMask } from "./pictureOfMask";
import type { FromWorker, ToWorker } from "./protocol";
import { QuickerWay } from "./sam/quickerWay";
import { SamAnswerer } from "./sam/samAnswerer";
import { workerScope } from "./workerScope";

const scope = workerScope<ToWorker, FromWorker>();
/** By model: measured once while the page is open. */
const quickerWays = new Map<string, QuickerWay>();

const desk = new AnswerDesk({
  read: (container, source) => {
    const model = String(container.meta.model);
    const quicker = quickerWays.get(model) ?? new QuickerWay();
    quickerWays.set(model, quicker);
    return new SamAnswerer(container, {
      quicker,
      // Some megabytes that are only fetched for such a model.
      run: async (...inputs) => (await import("./sam/decoderSession")).runDecoder(...inputs),
      askServer: async ({ points, box }) =>
        unpackArrays(
          await decodeOnServer(source.projectId, {
            model,
            image: source.image,
            view: source.rectangle,
            points: [...points],
            box,
          }),
        ),
    });
  },
  picture: pictureOfMask,
  send: (message, transfer) => scope.postMessage(message, transfer),
});

scope.onmessage = ({ data }) => {
  if (data.kind === "warm") void warm(data.model);
  else void desk.hear(data);
};

/** Loads a decoder while the server encodes the view; a failure shows when it is needed. */
async function warm(model: string): Promise<void> {
  const { loadDecoder } = await import("./sam/decoderSession");
  await loadDecoder(model).catch(() => {});
}
