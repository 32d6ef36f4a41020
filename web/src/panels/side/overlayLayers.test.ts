import { describe, expect, it } from "vitest";
import type { OverlayView } from "../../state/contract";
import { type OverlayLayer, shows, toggled } from "./overlayLayers";

const VIEWS: OverlayView[] = ["both", "segmentation", "labels", "none"];
const LAYERS: OverlayLayer[] = ["labels", "segmentation"];

describe("toggled", () => {
  it.each(VIEWS.flatMap((view) => LAYERS.map((layer) => [view, layer] as const)))(
    "changes only its own layer: %s, %s",
    (view, layer) => {
      const other = layer === "labels" ? "segmentation" : "labels";
      const next = toggled(view, layer);
      expect(shows(next, layer)).toBe(!shows(view, layer));
      expect(shows(next, other)).toBe(shows(view, other));
      expect(toggled(next, layer)).toBe(view);
    },
  );
});
