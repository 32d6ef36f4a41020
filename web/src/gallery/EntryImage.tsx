// The image of an entry with a control that fades its segmentation or labels in.

import { SegmentedControl, Slider } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ClassLayer, type Entry, entryThumbnailUrl, getEntryView } from "../api/gallery";
import { EntryCanvas } from "./EntryCanvas";
import styles from "./entry.module.css";

const LAYER_NAMES = { segmentation: "Segmentation", labels: "Labels" } as const;

export function EntryImage({ entry }: { entry: Entry }) {
  const at = { id: entry.id, version: entry.version };
  const tiles = useQuery({
    queryKey: ["gallery", "view", entry.id, entry.version],
    queryFn: () => getEntryView(at),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [opacity, setOpacity] = useState(0.5);
  const [chosen, setChosen] = useState<ClassLayer>("segmentation");
  const layers = tiles.data?.class_layers ?? [];
  const layer = layers.includes(chosen) ? chosen : (layers[0] ?? null);
  return (
    <section className={styles.image} aria-label="Image">
      {tiles.data ? (
        <EntryCanvas entry={entry} view={tiles.data} layer={layer} opacity={opacity} />
      ) : (
        <div className={styles.canvas}>
          {entry.thumbnails.includes("image") && (
            <img className={styles.preview} src={entryThumbnailUrl(at, "image", 640)} alt="" />
          )}
          {tiles.error && (
            <p className={styles.canvasFailure} role="alert">
              {tiles.error.message}
            </p>
          )}
        </div>
      )}
      {layer && (
        <div className={styles.fade}>
          {layers.length > 1 && (
            <SegmentedControl
              aria-label="Shown over the image"
              data={layers.map((value) => ({ value, label: LAYER_NAMES[value] }))}
              value={layer}
              onChange={setChosen}
            />
          )}
          <div className={styles.fading}>
            <span aria-hidden>Image</span>
            <Slider
              className={styles.fadeSlider}
              thumbLabel={`Opacity of the ${layer} in percent`}
              value={Math.round(opacity * 100)}
              onChange={(value) => setOpacity(value / 100)}
            />
            <span aria-hidden>{LAYER_NAMES[layer]}</span>
          </div>
        </div>
      )}
    </section>
  );
}
