// The size of a pixel: two sides and their unit; both sides, or none.

import { NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import type { Metadata } from "../gallery/metadata";
import styles from "./share.module.css";

type Size = NonNullable<Metadata["pixel_size"]>;

const UNITS: { value: Size["unit"]; label: string }[] = [
  { value: "pm", label: "pm" },
  { value: "nm", label: "nm" },
  { value: "um", label: "µm" },
  { value: "mm", label: "mm" },
  { value: "m", label: "m" },
];

interface PixelSizeFieldProps {
  size: Size | null;
  error: React.ReactNode;
  onChange: (size: Size | null) => void;
}

export function PixelSizeField({ size, error, onChange }: PixelSizeFieldProps) {
  const [sides, setSides] = useState({ x: size?.x ?? null, y: size?.y ?? null });
  const [unit, setUnit] = useState<Size["unit"]>(size?.unit ?? "nm");
  const change = (next: typeof sides, nextUnit: Size["unit"]): void => {
    setSides(next);
    setUnit(nextUnit);
    onChange(next.x !== null && next.y !== null ? { x: next.x, y: next.y, unit: nextUnit } : null);
  };
  const side = (axis: "x" | "y", label: string) => (
    <NumberInput
      label={label}
      allowNegative={false}
      decimalScale={9}
      value={sides[axis] ?? ""}
      error={axis === "x" ? error : undefined}
      onChange={(value) => change({ ...sides, [axis]: typeof value === "number" && value > 0 ? value : null }, unit)}
    />
  );
  return (
    <div className={styles.triple}>
      {side("x", "Pixel width")}
      {side("y", "Pixel height")}
      <Select
        label="Unit"
        data={UNITS}
        value={unit}
        onChange={(value) => change(sides, UNITS.find((each) => each.value === value)?.value ?? unit)}
      />
    </div>
  );
}
