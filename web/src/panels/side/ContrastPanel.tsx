// Contrast of the display: histogram with two handles for each channel. Neither files nor training know about it.

import { Button, SegmentedControl, Select } from "@mantine/core";
import { useEditor, useEditorParts, useEditorState } from "../../app/editorContext";
import type { Schemas } from "../../state/contract";
import { formatValue } from "../wording/numbers";
import { ContrastHandles } from "./ContrastHandles";
import { clampedWindow, editedChannels, type GreyWindow, windowStep } from "./contrastWindow";
import { Section } from "./Section";
import styles from "./side.module.css";
import { ValueField } from "./ValueField";

type Image = Schemas["ImageDescription"];

export function ContrastPanel() {
  const image = useEditorState((state) => state.project?.image ?? null);
  return <Section title="Contrast">{image && <ContrastControls image={image} />}</Section>;
}

function ContrastControls({ image }: { image: Image }) {
  const editor = useEditor();
  const { shownChannel, contrast } = useEditorParts((state) => ({
    shownChannel: state.shownChannel,
    contrast: state.contrast,
  }));
  const channels = editedChannels(image, shownChannel);
  const first = channels[0] ?? 0;
  const range = image.value_range[first] ?? { low: 0, high: 255 };
  const isInteger = image.tile_dtype !== "float32";
  const step = windowStep(range, isInteger);
  const shown = clampedWindow(contrast[first] ?? range, range, step);

  const apply = (windowOf: (channel: number) => GreyWindow | undefined): void => {
    const all = image.value_range.map((full, channel) => contrast[channel] ?? full);
    for (const channel of channels) all[channel] = windowOf(channel) ?? range;
    editor.set({ contrast: all });
  };
  const change = (window: GreyWindow): void => apply(() => clampedWindow(window, range, step));

  return (
    <>
      <ChannelChooser image={image} shownChannel={shownChannel} />
      <ContrastHandles
        key={channels.join()}
        channels={channels}
        range={range}
        step={step}
        isInteger={isInteger}
        window={shown}
        onChange={change}
      />
      <div className={styles.contrastRow}>
        <ValueField label="Shown black" value={shown.low} onCommit={(low) => change({ ...shown, low })} />
        <Button size="compact-xs" variant="subtle" onClick={() => apply((channel) => image.contrast[channel])}>
          Auto
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          title={`${formatValue(range.low)} to ${formatValue(range.high)}`}
          onClick={() => apply((channel) => image.value_range[channel])}
        >
          Reset
        </Button>
        <ValueField label="Shown white" value={shown.high} onCommit={(high) => change({ ...shown, high })} />
      </div>
    </>
  );
}

const COLOUR = "colour";

function ChannelChooser({ image, shownChannel }: { image: Image; shownChannel: number | null }) {
  const editor = useEditor();
  if (image.channels < 2) return null;
  const choices = image.channel_names.map((name, channel) => ({ value: String(channel), label: name }));
  if (image.is_rgb) choices.unshift({ value: COLOUR, label: "Colour" });
  const value = shownChannel === null ? (image.is_rgb ? COLOUR : "0") : String(shownChannel);
  const choose = (choice: string | null): void => {
    if (choice !== null) editor.set({ shownChannel: choice === COLOUR ? null : Number(choice) });
  };
  if (image.is_rgb) {
    return <SegmentedControl fullWidth aria-label="Channel" data={choices} value={value} onChange={choose} />;
  }
  return <Select aria-label="Channel" data={choices} value={value} onChange={choose} />;
}
