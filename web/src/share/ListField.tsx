// A list of words in one line; what is typed stays as it is while it is typed.

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { listOf } from "./problems";

interface ListFieldProps {
  label: string;
  description: string;
  values: readonly string[];
  error: React.ReactNode;
  onChange: (values: string[]) => void;
}

export function ListField({ label, description, values, error, onChange }: ListFieldProps) {
  const [typed, setTyped] = useState(() => values.join(", "));
  return (
    <TextInput
      label={label}
      description={description}
      value={typed}
      error={error}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onChange(listOf(event.currentTarget.value));
      }}
      onBlur={() => setTyped(values.join(", "))}
    />
  );
}
