// The worker of the built-in suggester: answers prompts beside the page, so that the page never waits.

import { AnswerDesk } from "./answerDesk";
import { HierarchyAnswerer } from "./hierarchyAnswerer";
import { readHierarchyTable } from "./hierarchyTable";
import { pictureOfMask } from "./pictureOfMask";
import type { FromWorker, ToWorker } from "./protocol";
import { workerScope } from "./workerScope";

const scope = workerScope<ToWorker, FromWorker>();
const desk = new AnswerDesk({
  read: (container) => new HierarchyAnswerer(readHierarchyTable(container)),
  picture: pictureOfMask,
  send: (message, transfer) => scope.postMessage(message, transfer),
});
scope.onmessage = ({ data }) => void desk.hear(data);
