// The image of an entry, to be zoomed and moved, with its classes over it.

import { ActionIcon, Tooltip } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { ClassLayer, Entry, EntryView } from "../api/gallery";
import type { Point, View } from "../canvas/view";
import { boundsOf, fitted, panned, resized, toScreen, zoomedAbout } from "../canvas/view";
import styles from "./entry.module.css";
import { EntryPictures } from "./entryPictures";

interface EntryCanvasProps {
  entry: Entry;
  view: EntryView;
  /** Shown over the image; null: nothing. */
  layer: ClassLayer | null;
  opacity: number;
}

const STEP = 1.3;
const MOVE_PX = 60;

export function EntryCanvas({ entry, view: tiles, layer, opacity }: EntryCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useRef<View | null>(null);
  const pictures = useRef<EntryPictures | null>(null);
  const frame = useRef(0);
  const [failure, setFailure] = useState(false);

  const draw = useEffectEvent(() => {
    frame.current = 0;
    if (canvas.current && place.current && pictures.current) {
      paint(canvas.current, place.current, pictures.current, layer, opacity);
    }
  });
  const redraw = useEffectEvent(() => {
    if (frame.current === 0) frame.current = requestAnimationFrame(() => draw());
  });

  useEffect(() => {
    const made = new EntryPictures(
      { id: entry.id, version: entry.version },
      tiles,
      entry.classes,
      () => redraw(),
      () => setFailure(true),
    );
    pictures.current = made;
    redraw();
    return () => {
      made.stop();
      pictures.current = null;
    };
  }, [entry, tiles]);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const screen = { width: element.clientWidth, height: element.clientHeight };
      element.width = Math.round(screen.width * devicePixelRatio);
      element.height = Math.round(screen.height * devicePixelRatio);
      place.current = place.current ? resized(place.current, screen, tiles) : fitted(screen, tiles);
      draw();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      place.current = null;
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [tiles]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn depends on them
  useEffect(() => redraw(), [layer, opacity]);

  const change = (next: (view: View) => View): void => {
    if (!place.current) return;
    place.current = next(place.current);
    if (frame.current === 0) frame.current = requestAnimationFrame(() => draw());
  };
  const zoomBy = (factor: number, anchor?: Point): void =>
    change((now) => zoomedAbout(now, anchor ?? { x: now.width / 2, y: now.height / 2 }, now.zoom * factor, tiles));
  const fit = (): void => change((now) => fitted(now, tiles));

  // React listens to wheels passively, so that the page would scroll along.
  const wheeled = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    zoomBy(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) / 300), { x: event.offsetX, y: event.offsetY });
  });
  useEffect(() => {
    const element = canvas.current;
    const listen = (event: WheelEvent): void => wheeled(event);
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, []);

  return (
    <div className={styles.canvas}>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`${entry.metadata.title || "Image"}: arrow keys move, plus and minus zoom, F fits`}
        onKeyDown={(event) => {
          const action = keyAction(event.key, {
            zoomBy,
            fit,
            move: (dx, dy) => change((now) => panned(now, dx, dy, tiles)),
          });
          if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          action();
        }}
        {...usePointers({ zoomBy, move: (dx, dy) => change((now) => panned(now, dx, dy, tiles)) })}
      />
      {failure && (
        <p className={styles.canvasFailure} role="alert">
          Parts of the image could not be fetched. Reload the page to try again.
        </p>
      )}
      <div className={styles.zoom}>
        <ZoomButton label="Zoom in" onClick={() => zoomBy(STEP)} icon={<IconPlus size={16} />} />
        <ZoomButton label="Zoom out" onClick={() => zoomBy(1 / STEP)} icon={<IconMinus size={16} />} />
        <ZoomButton label="Show all of it" onClick={fit} icon={<IconMaximize size={16} />} />
      </div>
    </div>
  );
}

function ZoomButton({ label, onClick, icon }: { label: string; onClick: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip label={label} position="left">
      <ActionIcon aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

interface Moves {
  zoomBy: (factor: number, anchor?: Point) => void;
  move: (dx: number, dy: number) => void;
  fit: () => void;
}

function keyAction(key: string, { zoomBy, move, fit }: Moves): (() => void) | null {
  switch (key) {
    case "+":
    case "=":
      return () => zoomBy(STEP);
    case "-":
      return () => zoomBy(1 / STEP);
    case "f":
    case "0":
      return fit;
    case "ArrowLeft":
      return () => move(-MOVE_PX, 0);
    case "ArrowRight":
      return () => move(MOVE_PX, 0);
    case "ArrowUp":
      return () => move(0, -MOVE_PX);
    case "ArrowDown":
      return () => move(0, MOVE_PX);
    default:
      return null;
  }
}

/** One pointer moves the image, two zoom it. */
function usePointers({ zoomBy, move }: Omit<Moves, "fit">) {
  const held = useRef(new Map<number, Point>());
  const release = (event: React.PointerEvent): void => void held.current.delete(event.pointerId);
  return {
    onPointerDown: (event: React.PointerEvent<HTMLCanvasElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      held.current.set(event.pointerId, { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY });
    },
    onPointerMove: (event: React.PointerEvent) => {
      const before = held.current.get(event.pointerId);
      if (!before) return;
      const now = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY };
      const other = [...held.current].find(([pointer]) => pointer !== event.pointerId)?.[1];
      held.current.set(event.pointerId, now);
      if (!other) return move(before.x - now.x, before.y - now.y);
      const [apart, together] = [now, before].map(({ x, y }) => Math.max(1, Math.hypot(x - other.x, y - other.y)));
      zoomBy((apart ?? 1) / (together ?? 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    },
    onPointerUp: release,
    onPointerCancel: release,
  };
}

/** Draws coarser tiles below those of the level that fits, so that what is not there yet is seen without detail. */
function paint(
  canvas: HTMLCanvasElement,
  view: View,
  pictures: EntryPictures,
  layer: ClassLayer | null,
  opacity: number,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { grid } = pictures;
  const level = grid.levelFor(view.zoom * devicePixelRatio);
  const bounds = boundsOf(view);
  const levels = [grid.levels - 1, level].filter((each, place, all) => all.indexOf(each) === place);
  const tiles = levels.flatMap((each) => grid.tilesIn(each, bounds));
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  context.imageSmoothingEnabled = view.zoom < 1;
  const kinds: ("image" | ClassLayer)[] = layer ? ["image", layer] : ["image"];
  for (const kind of kinds) {
    context.globalAlpha = kind === "image" ? 1 : opacity;
    if (context.globalAlpha === 0) continue;
    const fine = grid.tilesIn(level, bounds);
    // Colours that let the image through must not be drawn twice over each other.
    const whole = fine.every((at) => pictures.get(kind, at));
    const drawn = kind === "image" ? tiles : whole ? fine : grid.tilesIn(grid.levels - 1, bounds);
    for (const at of drawn) {
      const picture = pictures.get(kind, at);
      if (!picture) continue;
      const side = 256 * 2 ** at.level;
      const from = toScreen(view, { x: at.tx * side, y: at.ty * side });
      const scale = view.zoom * 2 ** at.level;
      context.drawImage(picture, from.x, from.y, picture.width * scale, picture.height * scale);
    }
  }
  context.globalAlpha = 1;
  pictures.want(kinds.flatMap((kind) => tiles.map((at) => ({ kind, at }))));
}
