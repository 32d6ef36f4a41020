// Server-sent events of one project, parsed; connects again with growing pauses until it is told to stop.

import type { Schemas } from "./client";

type EventBody = Schemas["EventBody"];

export interface ProjectEvents {
  job(job: Schemas["JobInfo"]): void;
  result(result: Schemas["ResultInfo"]): void;
  /** Tiles of the finest level of a result of an image were computed. */
  tiles(image: number, resultId: string, tiles: readonly Schemas["TileIndex"][]): void;
  /** The state of an image is another one now. */
  image(summary: Schemas["ImageSummary"]): void;
  /** An operation was stored, of whichever client. */
  revision(ack: Schemas["OperationAck"]): void;
  /** A model is at work on a view for suggestions. */
  smart(progress: Schemas["SmartProgress"]): void;
  /** A connection stands; `again` where an earlier one broke, so that events may have been missed. */
  opened(again: boolean): void;
  /** Trying again did not help, each time anew; one loss alone is how the server asks to be asked anew. */
  lost(): void;
}

const PAUSES = [500, 1000, 2000, 4000, 8000];

/** Follows a project; returns the function that stops it. */
export function followProject(projectId: string, events: ProjectEvents): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;
  let failures = 0;

  const connect = (): void => {
    const opened = new EventSource(`/api/projects/${encodeURIComponent(projectId)}/events`);
    source = opened;
    opened.onopen = () => {
      failures = 0;
      events.opened(wasOpen);
      wasOpen = true;
    };
    opened.onerror = () => {
      // The browser's own second try gives up where the server refuses; this one does not.
      opened.close();
      if (failures > 0) events.lost();
      timer = setTimeout(connect, PAUSES[Math.min(failures, PAUSES.length - 1)]);
      failures++;
    };
    for (const name of ["job", "result", "tiles", "revision", "image", "smart"] as const) {
      opened.addEventListener(name, (message) => dispatch(JSON.parse(message.data) as EventBody, events));
    }
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

function dispatch(body: EventBody, events: ProjectEvents): void {
  if (body.job) events.job(body.job);
  if (body.result) events.result(body.result);
  if (body.tiles && body.result_id) events.tiles(body.image ?? 0, body.result_id, body.tiles);
  if (body.revision) events.revision(body.revision);
  if (body.image_changed) events.image(body.image_changed);
  if (body.smart) events.smart(body.smart);
}
