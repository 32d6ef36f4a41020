// The way to the queue, for those who may moderate.

import { mayModerate, useMe } from "../accounts/me";
import { addressOf } from "../app/route";

export function ModerationLink() {
  const may = useMe(mayModerate);
  return may ? <a href={addressOf({ screen: "moderation" })}>Moderation</a> : null;
}
