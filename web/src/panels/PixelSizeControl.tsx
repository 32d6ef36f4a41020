// The size of a pixel, and a small form to state it where the file did not, or was wrong.

import { Button, NumberInput, Popover, Select, UnstyledButton } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ApiError } from "../api/error";
import { patchProject } from "../api/projects";
import { useEditor, useEditorState } from "../app/editorContext";
import type { Schemas } from "../state/contract";
import { mayChange } from "../state/rights";
import styles from "./statusBar.module.css";
import { formatPixelSize, LENGTH_UNITS, shortNumber, unitFor } from "./wording/lengths";

type PixelSize = Schemas["PixelSize"];

export function PixelSizeControl() {
  const size = useEditorState((state) => state.project?.image.pixel_size ?? null);
  const known = useEditorState((state) => state.project !== null);
  const may = useEditorState(mayChange);
  const [open, setOpen] = useState(false);
  if (!known) return null;
  const text = formatPixelSize(size);
  if (!may) return text && <span>{text}</span>;
  return (
    <Popover opened={open} onChange={setOpen} position="top-end" trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton
          className={styles.item}
          aria-label={text ? `Pixel size ${text}` : "Set the pixel size"}
          onClick={() => setOpen(!open)}
        >
          {text ?? "set pixel size"}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={12}>
        <PixelSizeForm size={size} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function PixelSizeForm({ size, onDone }: { size: PixelSize | null; onDone: () => void }) {
  const editor = useEditor();
  const startUnit = size ? unitFor(size.x_um) : (LENGTH_UNITS.find(({ name }) => name === "nm") ?? LENGTH_UNITS[0]);
  const [value, setValue] = useState<number | string>(size ? Number(shortNumber(size.x_um / startUnit.um)) : "");
  const [unitName, setUnitName] = useState(startUnit.name);
  const [failure, setFailure] = useState<string | null>(null);
  const number = Number(value);
  const valid = value !== "" && Number.isFinite(number) && number > 0;

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const project = editor.store.getState().project;
    const unit = LENGTH_UNITS.find(({ name }) => name === unitName);
    if (!valid || !project || !unit) return;
    const um = number * unit.um;
    try {
      editor.adoptProject(await patchProject(project.id, { pixel_size: { x_um: um, y_um: um } }, project.image.id));
      onDone();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(`${error.message} ${error.hint}`);
    }
  };

  return (
    <form className={styles.pixelSize} onSubmit={(event) => void save(event)}>
      <label htmlFor="pixel-size">Side of one pixel</label>
      <div className={styles.pixelSizeRow}>
        <NumberInput id="pixel-size" w={90} min={0} value={value} onChange={setValue} data-autofocus />
        <Select
          w={76}
          aria-label="Unit"
          comboboxProps={{ withinPortal: false }}
          data={LENGTH_UNITS.map(({ name }) => name)}
          value={unitName}
          onChange={(name) => name && setUnitName(name)}
        />
        <Button type="submit" variant="filled" disabled={!valid}>
          Set
        </Button>
      </div>
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      <p className={styles.note}>The scale bar and saved files use it.</p>
    </form>
  );
}
