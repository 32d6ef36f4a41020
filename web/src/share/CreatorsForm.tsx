// Who made the image and its labels.

import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { type Metadata, NO_CREATOR } from "../gallery/metadata";
import type { FormProps } from "./MetadataForm";
import styles from "./share.module.css";

type Creator = Metadata["creators"][number];

const MOST = 50;

export function CreatorsForm({ metadata: { creators }, problems, onChange }: FormProps) {
  const change = (place: number, part: Partial<Creator>): void =>
    onChange({ creators: creators.map((each, at) => (at === place ? { ...each, ...part } : each)) });
  const problem = problems.get("creators");
  return (
    <fieldset className={styles.group}>
      <legend>Made by</legend>
      {creators.map((creator, place) => {
        const text = (field: keyof Creator, label: string, placeholder?: string) => (
          <TextInput
            label={label}
            placeholder={placeholder}
            maxLength={200}
            value={creator[field]}
            error={problems.get(`creators[${place}].${field}`)}
            onChange={(event) => change(place, { [field]: event.currentTarget.value })}
          />
        );
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: people have no ids, and their fields no state of their own
          <fieldset key={place} className={styles.creator} aria-label={`Person ${place + 1}`}>
            {text("name", "Name")}
            <div className={styles.pair}>
              {text("orcid", "ORCID iD, if any", "0000-0002-1825-0097")}
              {text("affiliation", "Affiliation")}
            </div>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => onChange({ creators: creators.filter((_, at) => at !== place) })}
            >
              Remove
            </Button>
          </fieldset>
        );
      })}
      <div>
        <Button
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={creators.length >= MOST}
          onClick={() => onChange({ creators: [...creators, NO_CREATOR] })}
        >
          Add a person
        </Button>
      </div>
      {problem && <p className={styles.problem}>{problem}</p>}
    </fieldset>
  );
}
