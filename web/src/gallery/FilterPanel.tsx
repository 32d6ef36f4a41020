// What narrows the search: values that occur among what is found, with their counts, and ranges.

import { Button, Checkbox, NumberInput } from "@mantine/core";
import { useId, useState } from "react";
import type { EntryCounts } from "../api/gallery";
import { formatCount } from "../panels/wording/numbers";
import styles from "./gallery.module.css";
import { type ChoiceField, EVERYTHING, filterCount, toggled } from "./searchAddress";
import { type SearchControl, useEntryCounts } from "./useGallerySearch";

const GROUPS: readonly { field: ChoiceField; name: string; of: (counts: EntryCounts) => EntryCounts["licences"] }[] = [
  { field: "material", name: "Material", of: (counts) => counts.materials },
  { field: "instrument", name: "Instrument", of: (counts) => counts.instruments },
  { field: "class_name", name: "Classes", of: (counts) => counts.classes },
  { field: "licence", name: "Licence", of: (counts) => counts.licences },
];
const FIRST_SHOWN = 6;

interface FilterPanelProps {
  control: SearchControl;
  open: boolean;
  /** The entries are there, so that it is time to count them. */
  counted: boolean;
}

export function FilterPanel({ control, open, counted }: FilterPanelProps) {
  const { search, change } = control;
  const counts = useEntryCounts(search, counted).data;
  const { q, sort, segmentations } = search;
  return (
    <aside className={styles.filters} data-open={open} aria-label="Filters">
      <Checkbox
        label={<Counted words="With labels" count={counts?.with_labels} />}
        checked={search.with_labels}
        onChange={(event) => change({ with_labels: event.currentTarget.checked })}
      />
      {GROUPS.map(({ field, name, of }) => (
        <ChoiceGroup
          key={field}
          name={name}
          counts={counts ? of(counts) : []}
          chosen={search[field]}
          onToggle={(value) => change({ [field]: toggled(search[field], value) })}
        />
      ))}
      <fieldset className={styles.group}>
        <legend>Pixel size in nm</legend>
        <div className={styles.range}>
          <RangeField
            label="Least pixel size"
            placeholder="from"
            value={search.min_pixel_nm}
            onChange={(min_pixel_nm) => change({ min_pixel_nm })}
          />
          <RangeField
            label="Largest pixel size"
            placeholder="to"
            value={search.max_pixel_nm}
            onChange={(max_pixel_nm) => change({ max_pixel_nm })}
          />
        </div>
      </fieldset>
      <fieldset className={styles.group}>
        <legend>Score of the submitter</legend>
        <RangeField
          label="Least score, 0 to 10"
          placeholder="at least"
          most={10}
          value={search.min_quality}
          onChange={(min_quality) => change({ min_quality })}
        />
      </fieldset>
      {filterCount(search) > 0 && (
        <Button onClick={() => change({ ...EVERYTHING, q, sort, segmentations })}>Take all filters away</Button>
      )}
    </aside>
  );
}

interface ChoiceGroupProps {
  name: string;
  counts: EntryCounts["licences"];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}

function ChoiceGroup({ name, counts, chosen, onToggle }: ChoiceGroupProps) {
  const [all, setAll] = useState(false);
  const id = useId();
  // What was chosen stays, whatever is found now.
  const gone = chosen.filter((value) => !counts.some((each) => each.value === value));
  const rows = [...gone.map((value) => ({ value, count: 0 })), ...counts.filter(({ value }) => value !== "")];
  if (rows.length === 0) return null;
  const shown = rows.filter(({ value }, place) => all || place < FIRST_SHOWN || chosen.includes(value));
  return (
    <fieldset className={styles.group}>
      <legend id={id}>{name}</legend>
      {shown.map(({ value, count }) => (
        <Checkbox
          key={value}
          label={<Counted words={value} count={count} />}
          checked={chosen.includes(value)}
          onChange={() => onToggle(value)}
        />
      ))}
      {rows.length > FIRST_SHOWN && (
        <Button variant="subtle" color="gray" aria-describedby={id} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${formatCount(rows.length)}`}
        </Button>
      )}
    </fieldset>
  );
}

function Counted({ words, count }: { words: string; count: number | undefined }) {
  return (
    <>
      {words} {count !== undefined && <span className={styles.count}>{formatCount(count)}</span>}
    </>
  );
}

interface RangeFieldProps {
  label: string;
  placeholder: string;
  value: number | null;
  most?: number;
  onChange: (value: number | null) => void;
}

function RangeField({ label, placeholder, value, most = 1e15, onChange }: RangeFieldProps) {
  return (
    <NumberInput
      aria-label={label}
      placeholder={placeholder}
      min={0}
      max={most}
      allowDecimal={most !== 10}
      allowNegative={false}
      clampBehavior="strict"
      value={value ?? ""}
      onChange={(next) => onChange(typeof next === "number" ? next : null)}
    />
  );
}
