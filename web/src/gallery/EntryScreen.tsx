// One entry: its image, what is in it, who made it, how to cite it, and how to take it along.

import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "../api/error";
import { type Entry, getEntry, type VersionOf } from "../api/gallery";
import { PageHeader } from "../app/PageHeader";
import { addressOf, goTo } from "../app/route";
import { formatWhen } from "../panels/wording/numbers";
import { EntryActions } from "./EntryActions";
import { EntryCitation } from "./EntryCitation";
import { EntryFacts } from "./EntryFacts";
import { EntryImage } from "./EntryImage";
import { EntryTombstone, TakenOutNote } from "./EntryTombstone";
import styles from "./entry.module.css";
import { stateWords } from "./entryWords";
import { TakeOut } from "./TakeOut";

export default function EntryScreen({ entryId, version }: { entryId: string; version: number | null }) {
  const found = useQuery({
    queryKey: ["gallery", "entry", entryId, version],
    queryFn: () => getEntry({ id: entryId, version }),
    retry: (count, failure) => count < 1 && !(failure instanceof ApiError && !failure.isTemporary),
    staleTime: 60_000,
  });
  const title = found.data?.metadata.title;
  useEffect(() => {
    document.title = title ? `${title} – sambaseg` : "sambaseg";
    return () => {
      document.title = "sambaseg";
    };
  }, [title]);
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <p className={styles.back}>
          <a href={addressOf({ screen: "gallery", query: "" })}>Gallery</a>
        </p>
        {found.error && <NoEntry failure={found.error} at={{ id: entryId, version }} />}
        {found.data && !found.error && <LoadedEntry entry={found.data} />}
      </main>
    </div>
  );
}

function NoEntry({ failure, at }: { failure: Error; at: VersionOf }) {
  const isTakenOut = failure instanceof ApiError && failure.code === "entry_withdrawn";
  return isTakenOut ? <EntryTombstone at={at} /> : <Missing failure={failure} />;
}

function Missing({ failure }: { failure: Error }) {
  return (
    <div className={styles.missing} role="alert">
      <h1>This entry cannot be shown</h1>
      <p>
        {failure.message} {failure instanceof ApiError ? failure.hint : ""}
      </p>
      <Button component="a" href={addressOf({ screen: "gallery", query: "" })}>
        All entries
      </Button>
    </div>
  );
}

function LoadedEntry({ entry }: { entry: Entry }) {
  const at: VersionOf = { id: entry.id, version: entry.version };
  return (
    <>
      <div className={styles.heading}>
        <h1>{entry.metadata.title || "Without a title"}</h1>
        <VersionChoice entry={entry} />
      </div>
      {entry.state === "withdrawn" && <TakenOutNote at={at} />}
      {entry.state !== "accepted" && entry.state !== "withdrawn" && (
        <p className={styles.state} role="status">
          {stateWords(entry.state)}: only you and moderators see this version.
        </p>
      )}
      <div className={styles.columns}>
        <EntryImage entry={entry} />
        <div className={styles.side}>
          <EntryActions at={at} entry={entry} />
          <EntryFacts entry={entry} />
          {entry.state === "accepted" && <TakeOut entry={entry} />}
        </div>
      </div>
      {entry.published && <EntryCitation at={at} />}
    </>
  );
}

function VersionChoice({ entry: { id, version, versions, published } }: { entry: Entry }) {
  const when = (date: string | null): string => (date ? formatWhen(date, new Date()) : "not published");
  if (versions.length < 2) return <span className={styles.when}>{published && `Published ${when(published)}`}</span>;
  return (
    <Select
      aria-label="Version"
      w={220}
      value={String(version)}
      data={versions.map((each) => ({
        value: String(each.number),
        label: `Version ${each.number}, ${when(each.published)}`,
      }))}
      onChange={(value) => value && goTo({ screen: "entry", entryId: id, version: Number(value) })}
    />
  );
}
