// What would be opened, and the buttons that do it: what is chosen, or all images of the folder.

import { Button } from "@mantine/core";
import type { FolderListing } from "../../api/files";
import { formatBytes } from "../../panels/wording/bytes";
import { formatCount } from "../../panels/wording/numbers";
import styles from "./fileBrowser.module.css";
import type { FileRequest } from "./fileBrowserState";

interface BrowserFooterProps {
  request: FileRequest;
  folder: FolderListing | null;
  chosen: string[];
  onOpen: (paths: string[]) => void;
  onClose: () => void;
}

export function BrowserFooter({ request, folder, chosen, onOpen, onClose }: BrowserFooterProps) {
  const images = folder?.entries.filter(({ kind }) => kind === "image") ?? [];
  const wanted = new Set(chosen);
  const bytes = images.reduce((sum, { path, size }) => sum + (wanted.has(path) ? (size ?? 0) : 0), 0);
  const text =
    chosen.length === 0
      ? "Nothing is copied: files are read where they lie."
      : `${chosen.length === 1 ? "1 chosen" : `${formatCount(chosen.length)} chosen`}${bytes > 0 ? ` · ${formatBytes(bytes)}` : ""}`;
  return (
    <div className={styles.footer}>
      <span className={styles.summary} role="status">
        {text}
      </span>
      {request.several && folder && images.length > 1 && chosen.length === 0 && (
        <Button onClick={() => onOpen([folder.path])}>
          {request.verb} all {formatCount(images.length + folder.left_out)} images here
        </Button>
      )}
      <Button onClick={onClose}>Cancel</Button>
      <Button variant="filled" disabled={chosen.length === 0} onClick={() => onOpen(chosen)}>
        {request.verb}
      </Button>
    </div>
  );
}
