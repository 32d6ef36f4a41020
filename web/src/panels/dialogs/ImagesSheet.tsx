// The images of the project: their order and names, which have labels and results, and files that are missing.

import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../api/error";
import { orderImages } from "../../api/images";
import { browseThisComputer, chooseFiles, intoOpenProject } from "../../app/bringImages";
import { useEditor, useEditorState } from "../../app/editorContext";
import { VirtualRows } from "../../app/files/VirtualRows";
import { useOpening } from "../../app/opening";
import { useServerMode } from "../../app/serverMode";
import { formatCount } from "../wording/numbers";
import { ImageRow } from "./ImageRow";
import { inOrder, isSameOrder, moved, orderByName } from "./imageOrder";
import styles from "./images.module.css";
import { Sheet } from "./Sheet";
import { useDragOrder } from "./useDragOrder";
import { type ImageChange, useImageChange } from "./useImageChange";

export const IMAGE_ROW_PX = 60;
/** Steps by keys are sent as one order when they pause. */
const SEND_ORDER_MS = 400;

export function ImagesSheet({ onClose }: { onClose: () => void }) {
  const images = useEditorState((state) => state.images);
  const { change, failure, order, setOrder } = useOrder();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [said, say] = useState("");
  /** The image that was moved last: its row stays in view, and keeps the focus. */
  const [last, setLast] = useState<number | null>(null);
  const listed = order ? inOrder(images, order) : [...images];
  const ids = listed.map(({ id }) => id);
  const move = (from: number, to: number): void => {
    const next = moved(ids, from, to);
    if (isSameOrder(next, ids)) return;
    setOrder(next);
    setLast(ids[from] ?? null);
    say(`${listed[from]?.name}: place ${next.indexOf(ids[from] ?? -1) + 1} of ${ids.length}`);
  };
  const place = last === null ? -1 : ids.indexOf(last);
  useFocusKept(scroller, last, place);
  const drag = useDragOrder(scroller, IMAGE_ROW_PX, listed.length, move);
  const title = images.length === 1 ? "Images" : `Images (${formatCount(images.length)})`;
  const isSorted = isSameOrder(orderByName(images), ids);

  return (
    <Sheet
      title={title}
      width={480}
      onClose={onClose}
      footer={<Footer canSort={!isSorted} onSort={() => setOrder(orderByName(images))} />}
    >
      <div className={styles.images}>
        {failure && (
          <p className={styles.failure} role="alert">
            {failure.message} {failure instanceof ApiError && failure.hint}
          </p>
        )}
        <div className={styles.said} role="status">
          {said}
        </div>
        <div ref={setScroller} className={styles.list}>
          <VirtualRows
            scroller={scroller}
            count={listed.length}
            rowPx={IMAGE_ROW_PX}
            active={place}
            label="Images in their order"
          >
            {(row) => {
              const image = listed[row];
              return (
                image && (
                  <ImageRow
                    key={image.id}
                    image={image}
                    place={row}
                    count={listed.length}
                    change={change}
                    onMove={(to) => move(row, to)}
                    onGrip={(event) => drag.begin(event, row)}
                    dragged={drag.from === row}
                    gap={drag.to === null || drag.from === null ? null : gapOf(row, drag.from, drag.to)}
                  />
                )
              );
            }}
          </VirtualRows>
        </div>
      </div>
    </Sheet>
  );
}

/** Where the line of a drop is drawn: above or below a row. */
function gapOf(row: number, from: number, to: number): "above" | "below" | null {
  if (row !== to || from === to) return null;
  return to < from ? "above" : "below";
}

/** A row that was moved far is a new one in the page: the grip that had the focus is given it again. */
function useFocusKept(scroller: HTMLElement | null, image: number | null, place: number): void {
  useEffect(() => {
    if (image === null || place < 0) return;
    let frame = 0;
    const look = (framesLeft: number): void => {
      if (document.activeElement !== document.body) return;
      // It is in the page once the list has scrolled to it.
      const grip = scroller?.querySelector<HTMLElement>(`[data-image="${image}"] button`);
      if (grip) grip.focus();
      else if (framesLeft > 0) frame = requestAnimationFrame(() => look(framesLeft - 1));
    };
    frame = requestAnimationFrame(() => look(30));
    return () => cancelAnimationFrame(frame);
  }, [scroller, image, place]);
}

/** The order as it is on the screen, which is ahead of the server's while a person moves images. */
function useOrder() {
  const editor = useEditor();
  const [order, show] = useState<number[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const unsent = useRef<number[] | null>(null);
  const sending = useImageChange(() => {
    if (unsent.current === null) show(null);
  });
  const changing = useImageChange();

  const send = (): void => {
    clearTimeout(timer.current);
    const wanted = unsent.current;
    unsent.current = null;
    if (wanted === null) return;
    // Of the images that there are by then.
    const ids = (): number[] => inOrder(editor.store.getState().images, wanted).map(({ id }) => id);
    sending.mutate((projectId) => orderImages(projectId, ids()));
  };
  const begin = (): void => {
    sending.reset();
    changing.reset();
  };
  const setOrder = (next: number[]): void => {
    begin();
    show(next);
    unsent.current = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(send, SEND_ORDER_MS);
  };
  const change: ImageChange = (made) => {
    begin();
    send();
    changing.mutate(made);
  };
  // What was moved last is sent also where the sheet is closed before.
  const latestSend = useRef(send);
  useEffect(() => {
    latestSend.current = send;
  });
  useEffect(() => () => latestSend.current(), []);
  return { order, setOrder, change, failure: sending.error ?? changing.error };
}

function Footer({ canSort, onSort }: { canSort: boolean; onSort: () => void }) {
  const editor = useEditor();
  const busy = useOpening((opening) => opening.busy !== null);
  const isLocal = useServerMode((mode) => mode.isLocal);
  const add = (way: typeof browseThisComputer): void => {
    const project = intoOpenProject(editor);
    if (project) way(project);
  };
  return (
    <>
      <Button disabled={busy} onClick={() => add((project) => void chooseFiles(project))}>
        Add images…
      </Button>
      {isLocal && (
        <Button disabled={busy} onClick={() => add(browseThisComputer)}>
          From this computer…
        </Button>
      )}
      <div className={styles.spring} />
      <Button variant="subtle" color="gray" disabled={!canSort} onClick={onSort}>
        Sort by name
      </Button>
    </>
  );
}
