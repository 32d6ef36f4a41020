// A strip with pictures of all images below the canvas; marks tell which have labels and results. Only those in view are
// in the page.

import { Loader } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconHistory, IconTag } from "@tabler/icons-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useEditor, useEditorParts, useEditorState } from "../../app/editorContext";
import type { ImageSummary } from "../../state/contract";
import { imageAfter, placeOf } from "../../state/imageList";
import { type Mark, marksOf, wordsOf } from "./imageMarks";
import styles from "./imageStrip.module.css";
import { itemsInView, scrollTo } from "./itemsInView";
import { useStrip } from "./stripState";
import { Thumbnail } from "./Thumbnail";

const ITEM_PX = 88;

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  PageUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
  PageDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

export function ImageStrip() {
  const count = useEditorState((state) => state.images.length);
  const isOpen = useStrip((strip) => strip.isOpen);
  return count > 1 && isOpen ? <Strip /> : null;
}

function Strip() {
  const editor = useEditor();
  const { images, image, projectId } = useEditorParts((state) => ({
    images: state.images,
    image: state.image,
    projectId: state.project?.id ?? "",
  }));
  const scroller = useRef<HTMLDivElement>(null);
  const place = placeOf(images, image);
  const { scroll, width } = useScroll(scroller, place);
  const { first, end } = itemsInView(scroll, width, ITEM_PX, images.length);

  const step = (event: KeyboardEvent): void => {
    const places = STEPS[event.key];
    if (places === undefined) return;
    event.preventDefault();
    const next = Number.isFinite(places) ? imageAfter(images, image, places) : images.at(places < 0 ? 0 : -1)?.id;
    if (next === undefined) return;
    void editor.showImage(next).then(() => {
      scroller.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
    });
  };
  return (
    <div ref={scroller} className={styles.strip} role="radiogroup" aria-label="Images" onKeyDown={step}>
      <div className={styles.items} style={{ width: images.length * ITEM_PX }}>
        {images.slice(first, end).map((summary, index) => (
          <Item
            key={summary.id}
            summary={summary}
            place={first + index}
            count={images.length}
            projectId={projectId}
            isShown={summary.id === image}
          />
        ))}
      </div>
    </div>
  );
}

interface ItemProps {
  summary: ImageSummary;
  place: number;
  count: number;
  projectId: string;
  isShown: boolean;
}

function Item({ summary, place, count, projectId, isShown }: ItemProps) {
  const editor = useEditor();
  const words = wordsOf(summary, place, count);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a radio button cannot hold a picture, and the strip is one tab stop.
    <button
      type="button"
      className={styles.item}
      role="radio"
      aria-checked={isShown}
      aria-label={words}
      aria-posinset={place + 1}
      aria-setsize={count}
      title={words}
      tabIndex={isShown ? 0 : -1}
      style={{ left: place * ITEM_PX, width: ITEM_PX }}
      onClick={() => void editor.showImage(summary.id)}
    >
      <span className={styles.picture}>
        <Thumbnail projectId={projectId} summary={summary} />
        <span className={styles.marks}>
          {marksOf(summary).map((mark) => (
            <MarkView key={mark} mark={mark} />
          ))}
        </span>
      </span>
      <span className={styles.name}>{place + 1}</span>
    </button>
  );
}

function MarkView({ mark }: { mark: Mark }) {
  switch (mark) {
    case "labelled":
      return <IconTag size={12} aria-hidden className={styles.mark} data-mark={mark} />;
    case "complete":
      return <IconCheck size={12} aria-hidden className={styles.mark} data-mark={mark} />;
    case "outdated":
      return <IconHistory size={12} aria-hidden className={styles.mark} data-mark={mark} />;
    case "broken":
      return <IconAlertTriangle size={12} aria-hidden className={styles.mark} data-mark={mark} />;
    case "running":
    case "building":
      return <Loader size={10} aria-hidden className={styles.mark} data-mark={mark} />;
  }
}

/** Follows how far an element is scrolled, and keeps the shown image in view. */
function useScroll(element: React.RefObject<HTMLElement | null>, place: number): { scroll: number; width: number } {
  const [seen, setSeen] = useState({ scroll: 0, width: 1200 });
  useLayoutEffect(() => {
    const scroller = element.current;
    if (!scroller) return;
    const look = (): void => setSeen({ scroll: scroller.scrollLeft, width: scroller.clientWidth });
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(scroller);
    scroller.addEventListener("scroll", look, { passive: true });
    // A wheel without a sideways axis moves the strip too.
    const wheel = (event: WheelEvent): void => {
      if (event.deltaX !== 0 || event.ctrlKey) return;
      event.preventDefault();
      scroller.scrollLeft += event.deltaY;
    };
    scroller.addEventListener("wheel", wheel, { passive: false });
    return () => {
      sizes.disconnect();
      scroller.removeEventListener("scroll", look);
      scroller.removeEventListener("wheel", wheel);
    };
  }, [element]);
  useLayoutEffect(() => {
    const scroller = element.current;
    if (scroller) scroller.scrollLeft = scrollTo(place, scroller.scrollLeft, scroller.clientWidth, ITEM_PX);
  }, [element, place]);
  return seen;
}
