// The files of the computer that runs the server, where that is this one: what is chosen is opened where it lies.

import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/error";
import { listFolder } from "../../api/files";
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

function Browser({ request, onClose }: { request: FileRequest; onClose: () => void }) {
  const [wanted, setWanted] = useState<string | null>(request.folder ?? lastFolder());
  const [selection, setSelection] = useState(NOTHING_CHOSEN);
  const listing = useQuery({
    queryKey: ["folder", wanted],
    queryFn: () => listFolder(wanted),
    retry: false,
    staleTime: 0,
    // The folder before stays while the next one is read.
    placeholderData: (before) => before,
  });
  const folder = listing.data;

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
        parent={folder?.parent ?? null}
        onGo={go}
        onOpen={(path) => finish([path])}
      />
      <div className={styles.middle}>
        <Places places={folder?.places ?? []} path={folder?.path ?? ""} onGo={go} />
        {listing.error && !listing.isFetching ? (
          <div className={styles.trouble} role="alert">
            <p>{listing.error.message}</p>
            {listing.error instanceof ApiError && <p>{listing.error.hint}</p>}
          </div>
        ) : (
          <FolderList
            key={folder?.path}
            listing={folder ?? null}
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
        folder={listing.error ? null : (folder ?? null)}
        chosen={chosenPaths}
        onOpen={finish}
        onClose={onClose}
      />
    </div>
  );
}
