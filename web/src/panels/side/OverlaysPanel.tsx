// What lies over the image, and how strongly.

import { SegmentedControl, Slider, Switch, Tooltip } from "@mantine/core";
import { useEditor, useEditorState } from "../../app/editorContext";
import type { OverlayView } from "../../state/contract";
import { shortcutOf } from "../shortcuts";
import { Section } from "./Section";
import styles from "./side.module.css";
import { UncertaintyLegend } from "./UncertaintyLegend";

const VIEWS: { value: OverlayView; label: string }[] = [
  { value: "both", label: "Both" },
  { value: "segmentation", label: "Segm." },
  { value: "labels", label: "Labels" },
  { value: "none", label: "None" },
];

export function OverlaysPanel() {
  const editor = useEditor();
  const view = useEditorState((state) => state.overlayView);
  return (
    <Section title="Overlays" tour="overlays">
      <Tooltip label={`What is shown over the image · ${shortcutOf("overlay")} goes round`} position="left">
        <SegmentedControl
          fullWidth
          aria-label="Shown over the image"
          data={VIEWS}
          value={view}
          onChange={(overlayView) => editor.set({ overlayView })}
        />
      </Tooltip>
      <OpacitySlider layer="labels" label="Labels" dimmed={view === "segmentation" || view === "none"} />
      <OpacitySlider layer="segmentation" label="Segmentation" dimmed={view === "labels" || view === "none"} />
      <UncertaintyControl />
    </Section>
  );
}

interface OpacitySliderProps {
  layer: "labels" | "segmentation" | "uncertainty";
  label: string;
  /** The layer is not shown now. */
  dimmed: boolean;
}

function OpacitySlider({ layer, label, dimmed }: OpacitySliderProps) {
  const editor = useEditor();
  const opacity = useEditorState((state) => state.opacity[layer]);
  const percent = Math.round(opacity * 100);
  const change = (value: number): void =>
    editor.set({ opacity: { ...editor.store.getState().opacity, [layer]: value / 100 } });
  return (
    <div className={styles.opacity} data-dimmed={dimmed || undefined}>
      <span className={styles.opacityLabel}>{label}</span>
      <Slider
        className={styles.opacitySlider}
        value={percent}
        onChange={change}
        thumbLabel={`Opacity of ${label.toLowerCase()}`}
        thumbValueText={`${percent} %`}
      />
      <output className={styles.opacityValue}>{percent} %</output>
    </div>
  );
}

function UncertaintyControl() {
  const editor = useEditor();
  const shown = useEditorState((state) => state.showUncertainty);
  const possible = useEditorState((state) => state.result !== null);
  return (
    <div className={styles.uncertainty}>
      <Tooltip
        label={
          possible
            ? "1 − largest class probability: bright where the classifier is least sure"
            : "There is no uncertainty yet: train first"
        }
        multiline
        maw={260}
        position="left"
      >
        <div>
          <Switch
            label="Uncertainty"
            checked={shown}
            disabled={!possible}
            onChange={(event) => editor.set({ showUncertainty: event.currentTarget.checked })}
          />
        </div>
      </Tooltip>
      <OpacitySlider layer="uncertainty" label="Opacity" dimmed={!shown || !possible} />
      <UncertaintyLegend dimmed={!shown || !possible} />
    </div>
  );
}
