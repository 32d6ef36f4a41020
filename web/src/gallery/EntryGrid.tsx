// Cards of entries; more are fetched when the end comes into view, or by the button there.

import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect, useEffectEvent } from "react";
import { type EntryCard, entryThumbnailUrl } from "../api/gallery";
import { addressOf } from "../app/route";
import { creatorWords, pixelWords } from "./entryWords";
import styles from "./gallery.module.css";

interface EntryGridProps {
  entries: readonly EntryCard[];
  segmentations: boolean;
  more: boolean;
  loading: boolean;
  onMore: () => void;
}

export function EntryGrid({ entries, segmentations, more, loading, onMore }: EntryGridProps) {
  const { ref, entry: end } = useIntersection({ rootMargin: "600px" });
  const atEnd = more && !loading && end?.isIntersecting === true;
  const fetchMore = useEffectEvent(onMore);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a short page leaves the end in view
  useEffect(() => {
    if (atEnd) fetchMore();
  }, [atEnd, entries.length]);
  return (
    <>
      <ul className={styles.grid} data-segmentations={segmentations}>
        {entries.map((entry) => (
          <Card key={entry.id} entry={entry} segmentations={segmentations} />
        ))}
      </ul>
      <div ref={ref} className={styles.end}>
        {more && (
          <Button loading={loading} onClick={onMore}>
            Show more
          </Button>
        )}
      </div>
    </>
  );
}

function Card({ entry, segmentations }: { entry: EntryCard; segmentations: boolean }) {
  const at = { id: entry.id, version: entry.version };
  const facts = [entry.material, entry.instrument, pixelWords(entry.pixel_nm)].filter(Boolean).join(" · ");
  const has = (what: "image" | "segmentation"): boolean => entry.thumbnails.includes(what);
  return (
    <li className={styles.card}>
      <a href={addressOf({ screen: "entry", entryId: entry.id, version: null })}>
        <span className={styles.pictures}>
          {has("image") && <img src={entryThumbnailUrl(at, "image", 320)} alt="" loading="lazy" decoding="async" />}
          {has("segmentation") && (
            <img
              className={styles.over}
              src={entryThumbnailUrl(at, "segmentation", 320)}
              alt=""
              loading="lazy"
              decoding="async"
            />
          )}
          {segmentations && !has("segmentation") && <span className={styles.without}>No segmentation</span>}
        </span>
        <strong title={entry.title}>{entry.title}</strong>
        <small title={facts}>{facts || "No details"}</small>
        <small>
          {[creatorWords(entry.creators), entry.licence, `${entry.quality}/10`].filter(Boolean).join(" · ")}
        </small>
      </a>
    </li>
  );
}
