// Goes through the images of a stack or set: back, forth, to any of them, and what the shown one is called.

import { ActionIcon, Loader, Slider, TextInput, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconLayoutBottombar } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { useEditor, useEditorParts } from "../../app/editorContext";
import { placeOf } from "../../state/imageList";
import { shortcutOf } from "../shortcuts";
import styles from "./sliceNavigator.module.css";
import { useStrip } from "./stripState";
import { useLasting } from "./useLasting";

/** A change that takes longer than this is told of. */
const QUIET_MS = 200;

export function SliceNavigator() {
  const editor = useEditor();
  const { images, image, switching } = useEditorParts((state) => ({
    images: state.images,
    image: state.image,
    switching: state.switching,
  }));
  const isSlow = useLasting(switching, QUIET_MS);
  if (images.length < 2) return null;
  const place = placeOf(images, image);
  const name = images[place]?.name ?? "";
  const show = (next: number): void => {
    const chosen = images[Math.min(Math.max(next, 0), images.length - 1)];
    if (chosen) void editor.showImage(chosen.id);
  };
  // The slider has the arrows; these go on meaning what they mean everywhere.
  const step = (event: KeyboardEvent): void => {
    if (event.key !== "PageUp" && event.key !== "PageDown") return;
    event.preventDefault();
    editor.stepImage(event.key === "PageUp" ? -1 : 1);
  };
  return (
    <div className={styles.navigator} role="toolbar" aria-label="Image navigation" onKeyDown={step}>
      <Step
        label="Previous image"
        keys={shortcutOf("previousImage")}
        possible={place > 0}
        onStep={() => editor.stepImage(-1)}
      >
        <IconChevronLeft size={17} />
      </Step>
      <PlaceSlider place={place} names={images} onChange={show} />
      <Step
        label="Next image"
        keys={shortcutOf("nextImage")}
        possible={place < images.length - 1}
        onStep={() => editor.stepImage(1)}
      >
        <IconChevronRight size={17} />
      </Step>
      <PlaceField place={place} count={images.length} onCommit={show} />
      <span className={styles.name} role="status" title={name}>
        {name}
      </span>
      {isSlow && <Loader size={13} color="gray" aria-label="Opening the image" />}
      <StripToggle />
    </div>
  );
}

interface StepProps {
  label: string;
  keys: string;
  possible: boolean;
  onStep: () => void;
  children: React.ReactNode;
}

function Step({ label, keys, possible, onStep, children }: StepProps) {
  return (
    <Tooltip label={`${label} · ${keys}`}>
      <ActionIcon size={24} aria-label={label} data-disabled={!possible} aria-disabled={!possible} onClick={onStep}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

interface PlaceSliderProps {
  place: number;
  names: readonly { name: string }[];
  onChange: (place: number) => void;
}

/** Follows the hand at once; the picture follows as soon as it can. */
function PlaceSlider({ place, names, onChange }: PlaceSliderProps) {
  const [held, setHeld] = useState<number | null>(null);
  return (
    <Slider
      className={styles.slider}
      thumbLabel="Image"
      min={1}
      max={names.length}
      step={1}
      value={held ?? place + 1}
      label={(value) => `${value} · ${names[value - 1]?.name ?? ""}`}
      thumbValueText={(value) => `${value} of ${names.length}, ${names[value - 1]?.name ?? ""}`}
      onChange={(value) => {
        setHeld(value);
        onChange(value - 1);
      }}
      onChangeEnd={() => setHeld(null)}
    />
  );
}

interface PlaceFieldProps {
  place: number;
  count: number;
  onCommit: (place: number) => void;
}

function PlaceField({ place, count, onCommit }: PlaceFieldProps) {
  const [text, setText] = useState<string | null>(null);
  const commit = (): void => {
    const typed = Number.parseInt(text ?? "", 10);
    if (Number.isFinite(typed) && typed !== place + 1) onCommit(typed - 1);
    setText(null);
  };
  const digits = String(count).length;
  return (
    <span className={styles.place}>
      <TextInput
        aria-label={`Image number, of ${count}`}
        classNames={{ input: styles.field ?? "" }}
        inputMode="numeric"
        value={text ?? String(place + 1)}
        style={{ width: 18 + digits * 8 }}
        onChange={(event) => setText(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={commit}
        onKeyDown={(event) => {
          // Leaving the field takes the number, and gives the keys back to the canvas.
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setText(null);
        }}
      />
      / {count}
    </span>
  );
}

function StripToggle() {
  const { isOpen, toggle } = useStrip();
  const label = isOpen ? "Hide the pictures of all images" : "Show the pictures of all images";
  return (
    <Tooltip label={label}>
      <ActionIcon size={24} aria-label={label} aria-expanded={isOpen} onClick={toggle}>
        <IconLayoutBottombar size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
