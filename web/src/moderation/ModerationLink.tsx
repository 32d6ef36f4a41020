// The way to the queue, for those who may moderate.

import { useQuery } from "@tanstack/react-query";
import { mayModerate } from "../api/moderation";
import { addressOf } from "../app/route";

export function ModerationLink() {
  const may = useQuery({ queryKey: ["moderation", "may"], queryFn: mayModerate, staleTime: 60_000 });
  return may.data ? <a href={addressOf({ screen: "moderation" })}>Moderation</a> : null;
}
