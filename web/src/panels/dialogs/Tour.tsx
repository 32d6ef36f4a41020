// The tour of the first visit: a card beside each part, which leaves the page usable.

import { Button } from "@mantine/core";
import { useViewportSize } from "@mantine/hooks";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { useEditorState } from "../../app/editorContext";
import { mayChange } from "../../state/rights";
import { useUi } from "../uiState";
import styles from "./dialogs.module.css";
import { type Box, cardPlace, TOUR } from "./tourSteps";

export function Tour() {
  const ready = useEditorState((state) => state.project !== null && mayChange(state));
  const step = useUi((ui) => ui.tourStep);
  const offer = useUi((ui) => ui.offerTour);
  useEffect(() => {
    if (ready) offer();
  }, [ready, offer]);
  return ready && step !== null ? <TourCard key={step} step={step} /> : null;
}

function boxOf(target: string): Box | null {
  return document.querySelector(`[data-tour="${target}"]`)?.getBoundingClientRect() ?? null;
}

function TourCard({ step }: { step: number }) {
  const { showTourStep, endTour } = useUi.getState();
  const id = useId();
  const card = useRef<HTMLDivElement>(null);
  const screen = useViewportSize();
  const [place, setPlace] = useState<{ ring: Box; left: number; top: number } | null>(null);
  const { target, title, text } = TOUR[step] ?? { target: "", title: "", text: "" };
  const last = step === TOUR.length - 1;

  useLayoutEffect(() => {
    const ring = boxOf(target);
    const size = card.current?.getBoundingClientRect();
    if (ring && size && screen.width > 0) setPlace({ ring, ...cardPlace(ring, size, screen) });
  }, [target, screen]);
  const placed = place !== null;
  useEffect(() => {
    if (placed) card.current?.focus();
  }, [placed]);

  return (
    <>
      {place && (
        <div
          className={styles.tourRing}
          style={{
            left: place.ring.left,
            top: place.ring.top,
            width: place.ring.right - place.ring.left,
            height: place.ring.bottom - place.ring.top,
          }}
        />
      )}
      <div
        ref={card}
        className={styles.tour}
        style={place ? { left: place.left, top: place.top } : { visibility: "hidden" }}
        role="dialog"
        aria-labelledby={id}
        data-leaves-keys
        tabIndex={-1}
      >
        <h2 id={id}>{title}</h2>
        <p>{text}</p>
        <div className={styles.tourFoot}>
          <span className={styles.tourCount}>
            {step + 1} of {TOUR.length}
          </span>
          {!last && (
            <Button variant="subtle" color="gray" onClick={endTour}>
              Skip
            </Button>
          )}
          <Button variant="filled" onClick={() => (last ? endTour() : showTourStep(step + 1))}>
            {last ? "Start" : "Next"}
          </Button>
        </div>
      </div>
    </>
  );
}
