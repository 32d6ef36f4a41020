// A log that is never changed, the newest first: what is shown of it at once, and more on request.

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { refusalWords } from "../accounts/accountWords";
import { ApiError } from "../api/error";

interface LogPage<Item> {
  items: Item[];
  before: number | null;
}

interface PagedLogProps<Item> {
  queryKey: readonly string[];
  /** Fetches the page of what was done before a number; the newest page where it is null. */
  load: (before: number | null) => Promise<LogPage<Item>>;
  className: string | undefined;
  note: ReactNode;
  children: (item: Item) => ReactNode;
}

export function PagedLog<Item>({ queryKey, load, className, note, children }: PagedLogProps<Item>) {
  const log = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (page: LogPage<Item>) => page.before,
  });
  const items = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-labelledby="log">
      <h2 id="log">What was done</h2>
      {note}
      {log.error && <p role="alert">{log.error instanceof ApiError ? refusalWords(log.error) : log.error.message}</p>}
      {log.data && items.length === 0 && <p>Nothing yet.</p>}
      <ol className={className}>{items.map(children)}</ol>
      {log.hasNextPage && (
        <Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}
