// What stays of an entry that was taken out of the gallery: what it was, when, by whom and why it went, how it was cited.

import { useQuery } from "@tanstack/react-query";
import { getTombstone, type Tombstone, type VersionOf } from "../api/gallery";
import { formatWhen } from "../panels/wording/numbers";
import { CitationWords } from "./EntryCitation";
import styles from "./entry.module.css";
import { creatorWords } from "./entryWords";

const useTombstone = ({ id, version }: VersionOf) =>
  useQuery({
    queryKey: ["gallery", "tombstone", id, version],
    queryFn: () => getTombstone({ id, version }),
    retry: false,
  });

/** In place of an entry, for everybody who comes to its address. */
export function EntryTombstone({ at }: { at: VersionOf }) {
  const stone = useTombstone(at);
  if (!stone.data) return stone.error && <p role="alert">{stone.error.message}</p>;
  const { title, creators } = stone.data;
  return (
    <article aria-labelledby="taken-out">
      <div className={styles.heading}>
        <h1 id="taken-out">{title || "Without a title"}</h1>
      </div>
      <p>{creatorWords(creators)}</p>
      <Went stone={stone.data} />
      <p>Its files are not public any more. Whoever cited it finds here what was cited.</p>
      <CitationWords citation={stone.data.citation} />
    </article>
  );
}

/** Over an entry that only its submitter and moderators still see. */
export function TakenOutNote({ at }: { at: VersionOf }) {
  const stone = useTombstone(at);
  return (
    <>
      {stone.data && <Went stone={stone.data} />}
      <p className={styles.state}>Only whoever shared it and moderators see what follows.</p>
    </>
  );
}

function Went({ stone: { by, withdrawn, reason } }: { stone: Tombstone }) {
  const who = by === "moderator" ? "a moderator" : "those who shared it";
  return (
    <div className={styles.went} role="status">
      <p>
        Taken out of the gallery by {who}, {formatWhen(withdrawn, new Date())}.
      </p>
      {reason && <blockquote>{reason}</blockquote>}
    </div>
  );
}
