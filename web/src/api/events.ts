// Server-sent events of one project, parsed; connects again with growing pauses.

import type { Schemas } from "./client";

export interface ProjectEvents {
  onJob(job: Schemas["JobInfo"]): void;
  onResult(result: Schemas["ResultInfo"]): void;
  onTiles(tiles: Schemas["TileIndex"][], resultId: string | null): void;
  onRevision(ack: Schemas["OperationAck"]): void;
  /** A connection stands; `again` where an earlier one broke, so that events may have been missed. */
  onOpen(again: boolean): void;
  onLost(): void;
}
