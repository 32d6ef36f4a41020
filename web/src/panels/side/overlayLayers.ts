// The two layers of the overlay view, seen one by one.

import type { OverlayView } from "../../state/contract";

export type OverlayLayer = "labels" | "segmentation";

export const shows = (view: OverlayView, layer: OverlayLayer): boolean => view === "both" || view === layer;

/** The view after one layer was shown or hidden. */
export function toggled(view: OverlayView, layer: OverlayLayer): OverlayView {
  const other = layer === "labels" ? "segmentation" : "labels";
  if (shows(view, layer)) return shows(view, other) ? other : "none";
  return shows(view, other) ? "both" : layer;
}
