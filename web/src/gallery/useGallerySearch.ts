// The search that the address holds, what it finds, and how it is changed.

import { useDebouncedValue } from "@mantine/hooks";
import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { countEntries, searchEntries } from "../api/gallery";
import { replaceRoute } from "../app/route";
import { filtersOf, type GallerySearch, readSearch, writeSearch } from "./searchAddress";

const TYPING_MS = 120;

export interface SearchControl {
  search: GallerySearch;
  change(part: Partial<GallerySearch>): void;
}

export function useGallerySearch(query: string): SearchControl {
  const search = useMemo(() => readSearch(query), [query]);
  const change = (part: Partial<GallerySearch>): void => {
    // From the address as it is now: two changes may come between two renders.
    const now = readSearch(window.location.search);
    replaceRoute({ screen: "gallery", query: writeSearch({ ...now, ...part }) });
  };
  return { search, change };
}

/** How the entries of a search are asked for, page by page. */
function entriesOf(asked: string) {
  const search = readSearch(asked);
  return infiniteQueryOptions({
    queryKey: ["gallery", "entries", asked],
    queryFn: ({ pageParam, signal }) =>
      searchEntries({ ...filtersOf(search), sort: search.sort, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
    staleTime: 10_000,
  });
}

const askedOf = (search: GallerySearch): string => writeSearch({ ...search, segmentations: false });

/** Asks for the first entries before anything is drawn; a failure is met again, and told, when they are shown. */
export const askAhead = (queries: QueryClient, query: string): Promise<void> =>
  queries.prefetchInfiniteQuery(entriesOf(askedOf(readSearch(query))));

/** The former entries stay until the new ones are there. */
export function useFoundEntries(search: GallerySearch) {
  const [asked] = useDebouncedValue(askedOf(search), TYPING_MS);
  return useInfiniteQuery({ ...entriesOf(asked), placeholderData: keepPreviousData });
}

/** Counted once the entries are there, which are what one waits for: `enabled`. */
export function useEntryCounts(search: GallerySearch, enabled: boolean) {
  const [asked] = useDebouncedValue(writeSearch({ ...search, segmentations: false, sort: "newest" }), TYPING_MS);
  return useQuery({
    queryKey: ["gallery", "counts", asked],
    queryFn: ({ signal }) => countEntries(filtersOf(readSearch(asked)), signal),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}
