// What lies over the image, and how strongly: one row for each layer.

import { Slider, Tooltip, UnstyledButton } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useEditor, useEditorState } from "../../app/editorContext";
import type { EditorState } from "../../state/contract";
import { shortcutOf } from "../shortcuts";
import { type OverlayLayer, shows, toggled } from "./overlayLayers";
import { Section } from "./Section";
import styles from "./side.module.css";
import { UncertaintyLegend } from "./UncertaintyLegend";

export function OverlaysPanel() {
  const isHidden = useEditorState((state) => state.pointCheck !== null);
  return (
    <Section title="Overlays" tour="overlays">
      {isHidden && <p className={styles.empty}>Hidden while you check by points.</p>}
      <div>
        <ClassLayer layer="labels" name="Labels" />
        <ClassLayer layer="segmentation" name="Segmentation" />
        <UncertaintyLayer />
      </div>
    </Section>
  );
}

function ClassLayer({ layer, name }: { layer: OverlayLayer; name: string }) {
  const editor = useEditor();
  const shown = useEditorState((state) => shows(state.overlayView, layer));
  return (
    <LayerRow
      layer={layer}
      name={name}
      shown={shown}
      explanation={`Show or hide · ${shortcutOf("overlay")} goes round`}
      onToggle={() => editor.set({ overlayView: toggled(editor.store.getState().overlayView, layer) })}
    />
  );
}

function UncertaintyLayer() {
  const editor = useEditor();
  const possible = useEditorState((state) => state.result !== null);
  const shown = useEditorState((state) => state.showUncertainty) && possible;
  return (
    <>
      <LayerRow
        layer="uncertainty"
        name="Uncertainty"
        shown={shown}
        disabled={!possible}
        explanation={
          possible
            ? `1 − largest class probability: bright where the classifier is least sure · ${shortcutOf("uncertainty")}`
            : "There is no uncertainty yet: train first"
        }
        onToggle={() => editor.set({ showUncertainty: !shown })}
      />
      <UncertaintyLegend dimmed={!shown} />
    </>
  );
}

interface LayerRowProps {
  layer: keyof EditorState["opacity"];
  name: string;
  shown: boolean;
  disabled?: boolean;
  explanation: string;
  onToggle: () => void;
}

function LayerRow({ layer, name, shown, disabled = false, explanation, onToggle }: LayerRowProps) {
  const editor = useEditor();
  const opacity = useEditorState((state) => state.opacity[layer]);
  const percent = Math.round(opacity * 100);
  const Icon = shown ? IconEye : IconEyeOff;
  const change = (value: number): void =>
    editor.set({ opacity: { ...editor.store.getState().opacity, [layer]: value / 100 } });
  return (
    <div className={styles.layer} data-hidden={!shown || undefined}>
      <Tooltip label={explanation} position="left" multiline maw={260}>
        <UnstyledButton
          className={styles.eye}
          role="switch"
          aria-checked={shown}
          aria-disabled={disabled}
          onClick={() => !disabled && onToggle()}
        >
          <Icon size={16} stroke={1.7} aria-hidden />
          {name}
        </UnstyledButton>
      </Tooltip>
      <Slider
        className={styles.layerSlider}
        value={percent}
        onChange={change}
        thumbLabel={`Opacity of ${name.toLowerCase()}`}
        thumbValueText={`${percent} %`}
      />
      <output className={styles.layerValue}>{percent} %</output>
    </div>
  );
}
