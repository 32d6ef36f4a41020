// A number that is taken when the field is left or Enter is pressed; what is no number is put back.

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { formatValue } from "../wording/numbers";
import styles from "./side.module.css";

interface ValueFieldProps {
  label: string;
  value: number;
  onCommit: (value: number) => void;
}

export function ValueField({ label, value, onCommit }: ValueFieldProps) {
  const [text, setText] = useState<string | null>(null);
  const commit = (): void => {
    const typed = Number(text?.replace("−", "-").replace(",", "."));
    if (text?.trim() && Number.isFinite(typed) && typed !== value) onCommit(typed);
    setText(null);
  };
  return (
    <TextInput
      className={styles.valueField}
      aria-label={label}
      title={label}
      inputMode="decimal"
      value={text ?? formatValue(value)}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        // Leaving the field takes the number, and gives the keys back to the canvas.
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setText(null);
      }}
    />
  );
}
