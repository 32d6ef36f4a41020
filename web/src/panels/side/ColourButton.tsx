// The coloured square of a class: opens both palettes and a free choice.

import { ColorPicker, Popover, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { PALETTES } from "./palettes";
import styles from "./side.module.css";

const HEX = /^#[0-9a-f]{6}$/;

interface ColourButtonProps {
  name: string;
  colour: string;
  onChange: (colour: string) => void;
}

export function ColourButton({ name, colour, onChange }: ColourButtonProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="left-start" trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton
          className={styles.colour}
          style={{ background: colour }}
          aria-label={`Colour of ${name}`}
          onClick={() => setOpen(!open)}
        />
      </Popover.Target>
      <Popover.Dropdown p={10}>
        <ColourChoice
          colour={colour}
          onChoose={(chosen) => {
            if (chosen !== colour) onChange(chosen);
          }}
          onClose={() => setOpen(false)}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

interface ColourChoiceProps {
  colour: string;
  onChoose: (colour: string) => void;
  onClose: () => void;
}

function ColourChoice({ colour, onChoose, onClose }: ColourChoiceProps) {
  const [text, setText] = useState(colour);
  const valid = HEX.test(text.toLowerCase());
  return (
    <div className={styles.colourChoice}>
      {PALETTES.map((palette) => (
        <fieldset key={palette.id} className={styles.palette}>
          <legend>{palette.name}</legend>
          {palette.colours.map((swatch) => (
            <UnstyledButton
              key={swatch}
              className={styles.swatch}
              style={{ background: swatch }}
              aria-label={swatch}
              aria-pressed={swatch === colour}
              onClick={() => {
                onChoose(swatch);
                onClose();
              }}
            />
          ))}
        </fieldset>
      ))}
      <ColorPicker
        size="xs"
        fullWidth
        format="hex"
        value={valid ? text : colour}
        onChange={setText}
        onChangeEnd={(chosen) => onChoose(chosen.toLowerCase())}
        saturationLabel="Saturation and brightness"
        hueLabel="Hue"
      />
      <TextInput
        aria-label="Colour as #rrggbb"
        value={text}
        error={!valid}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !valid) return;
          onChoose(text.toLowerCase());
          onClose();
        }}
      />
    </div>
  );
}
