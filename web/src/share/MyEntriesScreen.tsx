// One's own drafts and entries: how far they are, and what can be done with them.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { entryThumbnailUrl } from "../api/gallery";
import { beginVersion, listMyEntries, type MyEntry, withdrawEntry } from "../api/sharing";
import { PageHeader } from "../app/PageHeader";
import { addressOf, goTo } from "../app/route";
import { stateWords } from "../gallery/entryWords";
import { TakeOut } from "../gallery/TakeOut";
import { useUi } from "../panels/uiState";
import { formatWhen } from "../panels/wording/numbers";
import { rememberImage } from "../state/projectMemory";
import styles from "./screens.module.css";

export default function MyEntriesScreen() {
  const mine = useQuery({ queryKey: ["gallery", "mine"], queryFn: listMyEntries });
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <h1>My entries</h1>
        {mine.error && <p role="alert">{mine.error.message}</p>}
        {mine.data?.length === 0 && (
          <p>Nothing yet. Open an image, and choose “Share in the gallery…” in its Save menu.</p>
        )}
        <ul className={styles.list}>
          {mine.data?.map((entry) => (
            <OwnEntry key={entry.id} entry={entry} />
          ))}
        </ul>
      </main>
    </div>
  );
}

function OwnEntry({ entry }: { entry: MyEntry }) {
  const queries = useQueryClient();
  const renew = (): Promise<void> => queries.invalidateQueries({ queryKey: ["gallery"] });
  const openDraft = (): void => {
    if (entry.project_id === null) return;
    if (entry.image !== null) rememberImage(entry.project_id, entry.image);
    useUi.getState().openSheet({ kind: "share" });
    goTo({ screen: "project", projectId: entry.project_id });
  };
  const withdrawing = useMutation({ mutationFn: () => withdrawEntry(entry.id), onSuccess: renew });
  const renewing = useMutation({
    mutationFn: () => beginVersion(entry.id),
    onSuccess: async () => {
      await renew();
      openDraft();
    },
  });
  const failure = withdrawing.error ?? renewing.error;
  const editable = entry.state === "draft" || entry.state === "changes_wanted";
  const hasProject = entry.project_id !== null;
  return (
    <li className={styles.own}>
      {entry.thumbnails[0] ? (
        <img src={entryThumbnailUrl(entry, entry.thumbnails[0], 320)} alt="" loading="lazy" />
      ) : (
        <span className={styles.noPicture} />
      )}
      <div className={styles.about}>
        <strong>{entry.title || "Without a title"}</strong>
        <small>
          {stateWords(entry.state)} · Version {entry.version} · {formatWhen(entry.changed, new Date())}
        </small>
        {entry.reason && <p>{entry.reason}</p>}
        {failure && <p role="alert">{failure.message}</p>}
        <div className={styles.ways}>
          {entry.public_version !== null && (
            <Button component="a" href={addressOf({ screen: "entry", entryId: entry.id, version: null })}>
              Show
            </Button>
          )}
          {editable && hasProject && <Button onClick={openDraft}>Go on writing</Button>}
          {entry.state === "accepted" && hasProject && (
            <Button loading={renewing.isPending} onClick={() => renewing.mutate()}>
              New version
            </Button>
          )}
          {entry.state === "waiting" && (
            <Button loading={withdrawing.isPending} onClick={() => withdrawing.mutate()}>
              Back to a draft
            </Button>
          )}
        </div>
        {entry.state === "accepted" && <TakeOut entry={entry} />}
      </div>
    </li>
  );
}
