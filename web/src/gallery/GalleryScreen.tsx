// The gallery: shared micrographs as a grid, found as one types; the address holds the search.

import { Button, CloseButton, Select, Switch, TextInput } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { ApiError } from "../api/error";
import { dataSetUrl } from "../api/gallery";
import { PageHeader } from "../app/PageHeader";
import { addressOf } from "../app/route";
import { ModerationLink } from "../moderation/ModerationLink";
import { NoticeCard } from "../panels/NoticeList";
import { formatCount } from "../panels/wording/numbers";
import { EntryGrid } from "./EntryGrid";
import { FilterPanel } from "./FilterPanel";
import styles from "./gallery.module.css";
import { EVERYTHING, filterCount, filtersOf, SORTS } from "./searchAddress";
import { type SearchControl, useFoundEntries, useGallerySearch } from "./useGallerySearch";

export default function GalleryScreen({ query }: { query: string }) {
  const control = useGallerySearch(query);
  const { search } = control;
  const found = useFoundEntries(search);
  const [filtersOpen, setFiltersOpen] = useState(false);
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  const total = found.data?.pages[0]?.total;
  const set = filterCount(search);
  const isEmpty = total === 0 && !search.q && set === 0;
  useEffect(() => {
    document.title = "Gallery – sambaseg";
    return () => {
      document.title = "sambaseg";
    };
  }, []);
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <div className={styles.top}>
          <h1>Gallery</h1>
          <SearchField control={control} />
          <Button
            className={styles.filterButton}
            leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}
            aria-expanded={filtersOpen}
            onClick={() => setFiltersOpen(!filtersOpen)}
          >
            {set === 0 ? "Filters" : `Filters (${set})`}
          </Button>
          <Select
            className={styles.sort}
            aria-label="Sort by"
            data={[...SORTS]}
            value={search.sort}
            onChange={(value) =>
              control.change({ sort: SORTS.find((sort) => sort.value === value)?.value ?? "newest" })
            }
          />
          <Switch
            label="Segmentations"
            checked={search.segmentations}
            onChange={(event) => control.change({ segmentations: event.currentTarget.checked })}
          />
        </div>
        <div className={styles.columns}>
          {!isEmpty && (
            <FilterPanel control={control} open={filtersOpen} counted={!found.isPending && !found.isPlaceholderData} />
          )}
          <section className={styles.found} aria-label="Entries" aria-busy={found.isFetching}>
            <div className={styles.total}>
              <span role="status">
                {total === undefined ? "" : total === 1 ? "1 entry" : `${formatCount(total)} entries`}
              </span>
              {total !== undefined && total > 0 && (
                <a href={dataSetUrl(filtersOf(search))} download="">
                  Download these as a data set
                </a>
              )}
              <ModerationLink />
              <a href={addressOf({ screen: "myEntries" })}>My entries</a>
            </div>
            {found.error && (
              <NoticeCard
                notice={{
                  kind: "error",
                  message: found.error.message,
                  hint: found.error instanceof ApiError ? found.error.hint : "",
                }}
                onDismiss={() => void found.refetch()}
              />
            )}
            {total === 0 && <NothingFound control={control} isEmpty={isEmpty} />}
            <EntryGrid
              entries={entries}
              segmentations={search.segmentations}
              more={found.hasNextPage}
              loading={found.isFetchingNextPage}
              onMore={() => void found.fetchNextPage()}
            />
          </section>
        </div>
      </main>
    </div>
  );
}

/** Each letter stands in the address at once; the server is asked a moment later. */
function SearchField({ control: { search, change } }: { control: SearchControl }) {
  return (
    <TextInput
      className={styles.search}
      type="search"
      aria-label="Search the gallery"
      placeholder="Material, instrument, class, person…"
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={search.q && <CloseButton size="xs" aria-label="Clear" onClick={() => change({ q: "" })} />}
      maxLength={300}
      value={search.q}
      onChange={(event) => change({ q: event.currentTarget.value })}
    />
  );
}

function NothingFound({ control: { search, change }, isEmpty }: { control: SearchControl; isEmpty: boolean }) {
  if (isEmpty) {
    return (
      <div className={styles.nothing}>
        <strong>Nothing has been shared here yet</strong>
        <p>Open an image, segment it, and choose “Share in the gallery…” in its Save menu.</p>
      </div>
    );
  }
  const { sort, segmentations } = search;
  return (
    <div className={styles.nothing}>
      <strong>Nothing was found</strong>
      <p>Use fewer words, or take filters away.</p>
      <Button onClick={() => change({ ...EVERYTHING, sort, segmentations })}>Show everything</Button>
    </div>
  );
}
