// The files of the computer that runs the server, where that is this one: what is chosen is opened where it lies.

import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../../api/error";
import { type FolderListing, listFolder } from "../../api/files";
import { BrowserFooter } from "./BrowserFooter";
import { BrowserPath } from "./BrowserPath";
import { FolderList } from "./FolderList";
import styles from "./fileBrowser.module.css";
import { type FileRequest, lastFolder, rememberFolder, useFileBrowser } from "./fileBrowserState";
import { Places } from "./Places";
import { NOTHING_CHOSEN } from "./selection";

export function FileBrowser() {
  const { request, close } = useFileBrowser();
  return (
    <Modal
      opened={request !== null}
      onClose={close}
      title={request?.title}
      size={820}
      padding={0}
      classNames={{ header: styles.header, title: styles.title }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {request && <Browser request={request} onClose={close} />}
    </Modal>
  );
}

/** A folder's content; `before` is what was listed last, so that a wrong turn leaves the places to go back to. */
function useFolder(beginning: string | null) {
  const [wanted, setWanted] = useState(beginning);
  const [before, setBefore] = useState<FolderListing | null>(null);
  const listing = useQuery({
    queryKey: ["folder", wanted],
    queryFn: async () => {
      const found = await listFolder(wanted);
      setBefore(found);
      return found;
    },
    retry: false,
    staleTime: 0,
    // The folder before stays while the next one is read.
    placeholderData: (earlier) => earlier,
  });
  const failure = listing.isFetching ? null : listing.error;
  // A folder that was looked at in an earlier visit may be gone.
  const isGone = failure !== null && before === null && wanted !== null;
  useEffect(() => {
    if (isGone) setWanted(null);
  }, [isGone]);
  return { wanted, setWanted, before, folder: listing.data ?? null, failure };
}

function Browser({ request, onClose }: { request: FileRequest; onClose: () => void }) {
  const { wanted, setWanted, before, folder, failure } = useFolder(request.folder ?? lastFolder());
  const [selection, setSelection] = useState(NOTHING_CHOSEN);

  const go = (path: string | null): void => {
    setSelection(NOTHING_CHOSEN);
    setWanted(path);
  };
  const finish = (paths: string[]): void => {
    if (paths.length === 0) return;
    if (folder) rememberFolder(folder.path);
    onClose();
    request.chosen(paths);
  };
  const chosenPaths = (folder?.entries ?? []).flatMap(({ path }, row) => (selection.chosen.has(row) ? [path] : []));

  return (
    <div className={styles.browser}>
      <BrowserPath
        path={folder?.path ?? wanted ?? ""}
        parent={failure ? (before?.path ?? null) : (folder?.parent ?? null)}
        onGo={go}
        onOpen={(path) => finish([path])}
      />
      <div className={styles.middle}>
        <Places places={before?.places ?? []} path={folder?.path ?? ""} onGo={go} />
        {failure ? (
          <div className={styles.trouble} role="alert">
            <p>{failure.message}</p>
            {failure instanceof ApiError && <p>{failure.hint}</p>}
          </div>
        ) : (
          <FolderList
            key={folder?.path}
            listing={folder}
            several={request.several}
            selection={selection}
            onSelection={setSelection}
            onGo={go}
            onOpen={finish}
          />
        )}
      </div>
      <BrowserFooter
        request={request}
        folder={failure ? null : folder}
        chosen={chosenPaths}
        onOpen={finish}
        onClose={onClose}
      />
    </div>
  );
}
