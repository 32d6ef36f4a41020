// Dragging a row of a list to another place by its grip.

import { type PointerEvent as ReactPointerEvent, useState } from "react";
import { placeAt } from "./imageOrder";

/** So near to the edge of the list it scrolls by itself, so many pixels a frame. */
const EDGE_PX = 36;
const SCROLL_PX = 9;

interface Drag {
  from: number;
  to: number;
}

export function useDragOrder(
  scroller: HTMLElement | null,
  rowPx: number,
  count: number,
  onMove: (from: number, to: number) => void,
) {
  const [drag, setDrag] = useState<Drag | null>(null);

  const begin = (event: ReactPointerEvent<HTMLElement>, from: number): void => {
    if (!scroller || event.button !== 0) return;
    event.preventDefault();
    const grip = event.currentTarget;
    grip.focus();
    let { clientY } = event;
    let to = from;
    let frame = 0;
    const ended = new AbortController();
    const { signal } = ended;
    const follow = (): void => {
      const box = scroller.getBoundingClientRect();
      if (clientY < box.top + EDGE_PX) scroller.scrollTop -= SCROLL_PX;
      else if (clientY > box.bottom - EDGE_PX) scroller.scrollTop += SCROLL_PX;
      const place = placeAt(clientY - box.top + scroller.scrollTop, rowPx, count, from);
      if (place !== to) setDrag({ from, to: place });
      to = place;
      frame = requestAnimationFrame(follow);
    };
    const end = (accepted: boolean): void => {
      cancelAnimationFrame(frame);
      ended.abort();
      setDrag(null);
      if (accepted) onMove(from, to);
    };
    setDrag({ from, to });
    // On the window, since the row of the grip may leave the page while the list scrolls.
    window.addEventListener("pointermove", (moved) => (clientY = moved.clientY), { signal });
    window.addEventListener("pointerup", () => end(true), { signal });
    window.addEventListener("pointercancel", () => end(false), { signal });
    window.addEventListener(
      "keydown",
      (key) => {
        if (key.key !== "Escape") return;
        key.preventDefault();
        key.stopPropagation();
        end(false);
      },
      { signal, capture: true },
    );
    follow();
  };
  return { begin, from: drag?.from ?? null, to: drag?.to ?? null };
}
