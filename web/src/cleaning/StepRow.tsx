// One step of cleaning: what is done, up to which size, for which classes; it can be moved and removed.

import { ActionIcon, NumberInput, Tooltip, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import type { CleaningStep } from "../api/cleaning";
import type { ClassInfo, Schemas } from "../state/contract";
import styles from "./cleaning.module.css";
import { kindOf, realSize, toggledClass } from "./steps";

interface StepRowProps {
  step: CleaningStep;
  place: number;
  count: number;
  classes: readonly ClassInfo[];
  pixelSize: Schemas["PixelSize"] | null;
  onChange: (step: CleaningStep) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function StepRow({ step, place, count, classes, pixelSize, onChange, onMove, onRemove }: StepRowProps) {
  const { name, before, after, explanation, largest } = kindOf(step.kind);
  const number = `Step ${place + 1}`;
  const ids = classes.map(({ id }) => id);
  return (
    <li className={styles.step} aria-label={`${number}: ${name}`}>
      <div className={styles.stepHead}>
        <span className={styles.stepName} title={explanation}>
          {name}
        </span>
        <IconButton label={`Move ${number} up`} disabled={place === 0} onClick={() => onMove(place - 1)}>
          <IconArrowUp size={14} />
        </IconButton>
        <IconButton label={`Move ${number} down`} disabled={place === count - 1} onClick={() => onMove(place + 1)}>
          <IconArrowDown size={14} />
        </IconButton>
        <IconButton label={`Remove ${number}`} onClick={onRemove}>
          <IconTrash size={14} />
        </IconButton>
      </div>
      <div className={styles.size}>
        <span>{before}</span>
        <NumberInput
          className={styles.sizeField}
          aria-label={`Size of ${number} in pixels`}
          min={1}
          max={largest}
          allowDecimal={false}
          value={step.size}
          onChange={(size) => {
            if (typeof size === "number" && size >= 1 && size <= largest) onChange({ ...step, size });
          }}
        />
        <span>{after}</span>
        <span className={styles.real}>{realSize(step, pixelSize)}</span>
      </div>
      {classes.length > 1 && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row everywhere.
        <div className={styles.chips} role="group" aria-label={`Classes of ${number}`}>
          <Chip words="All" isOn={step.classes.length === 0} onClick={() => onChange({ ...step, classes: [] })} />
          {classes.map(({ id, name: className, colour }) => (
            <Chip
              key={id}
              words={className}
              colour={colour}
              isOn={step.classes.includes(id)}
              onClick={() => onChange(toggledClass(step, id, ids))}
            />
          ))}
        </div>
      )}
    </li>
  );
}

function IconButton(props: { label: string; disabled?: boolean; onClick: () => void; children: React.ReactNode }) {
  const { label, disabled = false, onClick, children } = props;
  return (
    <Tooltip label={label}>
      <ActionIcon size={22} aria-label={label} disabled={disabled} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

interface ChipProps {
  words: string;
  colour?: string;
  isOn: boolean;
  onClick: () => void;
}

function Chip({ words, colour, isOn, onClick }: ChipProps) {
  return (
    <UnstyledButton className={styles.chip} aria-pressed={isOn} title={words} onClick={onClick}>
      {colour && <span className={styles.dot} style={{ background: colour }} />}
      <span className={styles.chipText}>{words}</span>
    </UnstyledButton>
  );
}
