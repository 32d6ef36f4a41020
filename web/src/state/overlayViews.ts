// The overlays that can be shown together, and which of them show the segmentation.

import type { OverlayView } from "./contract";

/** In the order in which a key goes round. */
export const OVERLAY_VIEWS: readonly OverlayView[] = ["both", "segmentation", "labels", "none"];

/** The view that shows the segmentation as well. */
export function showingSegmentation(view: OverlayView): OverlayView {
  switch (view) {
    case "both":
    case "segmentation":
      return view;
    case "labels":
      return "both";
    case "none":
      return "segmentation";
  }
}
