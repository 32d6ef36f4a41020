// The search that the address holds, what it finds, and how it is changed.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
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

/** Entries page by page; the former ones stay until the new ones are there. */
export function useFoundEntries(search: GallerySearch) {
  const [asked] = useDebouncedValue(writeSearch({ ...search, segmentations: false }), TYPING_MS);
  return useInfiniteQuery({
    queryKey: ["gallery", "entries", asked],
    queryFn: ({ pageParam, signal }) => {
      const { sort, ...rest } = readSearch(asked);
      return searchEntries({ ...filtersOf({ sort, ...rest }), sort, cursor: pageParam }, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}

export function useEntryCounts(search: GallerySearch) {
  const [asked] = useDebouncedValue(writeSearch({ ...search, segmentations: false, sort: "newest" }), TYPING_MS);
  return useQuery({
    queryKey: ["gallery", "counts", asked],
    queryFn: ({ signal }) => countEntries(filtersOf(readSearch(asked)), signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}
