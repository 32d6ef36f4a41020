// What of one folder can be opened, as a list for mouse and keys.

import { IconFolderFilled, IconPhoto, IconStack2 } from "@tabler/icons-react";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from "react";
import type { FolderEntry, FolderListing } from "../../api/files";
import { formatBytes } from "../../panels/wording/bytes";
import { formatCount, formatWhen } from "../../panels/wording/numbers";
import styles from "./fileBrowser.module.css";
import { choiceOf, choose, movedBy, rowNamed, type Selection } from "./selection";
import { VirtualRows } from "./VirtualRows";

export const ROW_PX = 30;
/** Letters that follow each other within this are one word. */
const TYPING_MS = 800;

interface FolderListProps {
  listing: FolderListing | null;
  several: boolean;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onGo: (path: string) => void;
  onOpen: (paths: string[]) => void;
}

export function FolderList({ listing, several, selection, onSelection, onGo, onOpen }: FolderListProps) {
  const id = useId();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const typed = useRef({ text: "", at: 0 });
  const entries = listing?.entries ?? [];
  const active = Math.min(selection.active, entries.length - 1);
  const isFile = (row: number): boolean => entries[row] !== undefined && entries[row].kind !== "folder";

  useEffect(() => scroller?.focus(), [scroller]);

  const pick = (row: number, event: Parameters<typeof choiceOf>[0]): void =>
    onSelection(choose(selection, row, several ? choiceOf(event) : "only", isFile));

  const enter = (entry: FolderEntry | undefined): void => {
    const chosen = entries.filter((_, row) => selection.chosen.has(row)).map(({ path }) => path);
    if (entry?.kind === "folder") onGo(entry.path);
    else if (chosen.length > 0) onOpen(chosen);
    else if (entry) onOpen([entry.path]);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 300) / ROW_PX) - 1);
    const to = movedBy(event.key, active, entries.length, page);
    if (to !== null) {
      // Ctrl moves without choosing.
      onSelection(
        several && (event.ctrlKey || event.metaKey)
          ? { ...selection, active: to }
          : choose(selection, to, several && event.shiftKey ? "range" : "only", isFile),
      );
    } else if (event.key === " ") {
      onSelection(choose(selection, active, several ? "toggle" : "only", isFile));
    } else if (event.key === "Enter") {
      enter(entries[active]);
    } else if (event.key === "Backspace" && listing?.parent) {
      onGo(listing.parent);
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && several) {
      const all = entries.flatMap(({ kind }, row) => (kind === "folder" ? [] : [row]));
      onSelection({ ...selection, chosen: new Set(all) });
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const now = performance.now();
      const text = now - typed.current.at < TYPING_MS ? typed.current.text + event.key : event.key;
      typed.current = { text, at: now };
      const named = rowNamed(
        entries.map(({ name }) => name),
        active,
        text,
      );
      if (named !== null) onSelection(choose(selection, named, "only", isFile));
    } else return;
    event.preventDefault();
  };

  return (
    <div className={styles.listing}>
      <div className={styles.columns} aria-hidden>
        <span>Name</span>
        <span>Size</span>
        <span>Changed</span>
      </div>
      <div
        ref={setScroller}
        className={styles.rows}
        role="listbox"
        aria-label="Folders and images"
        aria-multiselectable={several}
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <VirtualRows scroller={scroller} count={entries.length} rowPx={ROW_PX} active={active}>
          {(row) => {
            const entry = entries[row];
            return (
              entry && (
                <EntryRow
                  key={entry.path}
                  id={`${id}-${row}`}
                  entry={entry}
                  active={row === active}
                  chosen={selection.chosen.has(row)}
                  onPick={(event) => pick(row, event)}
                  onEnter={() => enter(entry)}
                />
              )
            );
          }}
        </VirtualRows>
        {listing && entries.length === 0 && <p className={styles.empty}>No folders and no images in here.</p>}
      </div>
      {listing && listing.left_out > 0 && (
        <p className={styles.leftOut}>{formatCount(listing.left_out)} more are not listed; type the path above.</p>
      )}
    </div>
  );
}

const ICONS = { folder: IconFolderFilled, image: IconPhoto, zarr: IconStack2 } as const;
const KINDS = { folder: "folder", image: "image", zarr: "OME-Zarr image" } as const;

interface EntryRowProps {
  id: string;
  entry: FolderEntry;
  active: boolean;
  chosen: boolean;
  onPick: (event: MouseEvent) => void;
  onEnter: () => void;
}

function EntryRow({ id, entry, active, chosen, onPick, onEnter }: EntryRowProps) {
  const Icon = ICONS[entry.kind];
  return (
    // The list around has the focus and the keys; the mouse comes here.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      aria-label={`${entry.name}, ${KINDS[entry.kind]}`}
      data-active={active}
      data-kind={entry.kind}
      className={styles.row}
      onClick={onPick}
      onDoubleClick={onEnter}
    >
      <Icon size={17} stroke={1.6} aria-hidden />
      <span className={styles.name} title={entry.name}>
        {entry.name}
      </span>
      <span className={styles.size}>{entry.size === null ? "" : formatBytes(entry.size)}</span>
      <span className={styles.when}>{formatWhen(entry.modified, new Date())}</span>
    </div>
  );
}
