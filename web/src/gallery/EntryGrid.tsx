// Cards of entries; more are fetched when the end comes into view, or by the button there.

import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect, useEffectEvent, useState } from "react";
import { type EntryCard, entryThumbnailUrl } from "../api/gallery";
import { addressOf } from "../app/route";
import { creatorWords, pixelWords } from "./entryWords";
import styles from "./gallery.module.css";

/** Pictures that are not shown yet are fetched so much later than those that are. */
const MOMENT_MS = 800;

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
  const drawn = useMomentLater(entries.length > 0);
  return (
    <>
      <ul className={styles.grid} data-segmentations={segmentations}>
        {entries.map((entry) => (
          <Card key={entry.id} entry={entry} segmentations={segmentations} over={segmentations || drawn} />
        ))}
      </ul>
      {more && (
        <div ref={ref} className={styles.end}>
          <Button loading={loading} onClick={onMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

/** True from a moment after `begun` on. */
function useMomentLater(begun: boolean): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    if (!begun) return;
    const timer = setTimeout(() => setLater(true), MOMENT_MS);
    return () => clearTimeout(timer);
  }, [begun]);
  return later;
}

interface CardProps {
  entry: EntryCard;
  segmentations: boolean;
  /** The segmentation is fetched too. */
  over: boolean;
}

function Card({ entry, segmentations, over }: CardProps) {
  const at = { id: entry.id, version: entry.version };
  const facts = [entry.material, entry.instrument, pixelWords(entry.pixel_nm)].filter(Boolean).join(" · ");
  const has = (what: "image" | "segmentation"): boolean => entry.thumbnails.includes(what);
  return (
    <li className={styles.card}>
      <a href={addressOf({ screen: "entry", entryId: entry.id, version: null })}>
        <span className={styles.pictures}>
          {has("image") && <img src={entryThumbnailUrl(at, "image", 320)} alt="" loading="lazy" decoding="async" />}
          {over && has("segmentation") && (
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
