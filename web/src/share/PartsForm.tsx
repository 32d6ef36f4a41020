// Which files are shared.

import { Button, Checkbox } from "@mantine/core";
import type { Part } from "../api/sharing";
import styles from "./share.module.css";

const PARTS: readonly { part: Part; name: string }[] = [
  { part: "image", name: "Image" },
  { part: "labels", name: "Labels" },
  { part: "segmentation", name: "Segmentation" },
  { part: "classifier", name: "Classifier" },
];

interface PartsFormProps {
  available: readonly Part[];
  chosen: readonly Part[];
  busy: boolean;
  failure: string | null;
  onChange: (parts: Part[]) => void;
}

export function PartsForm({ available, chosen, busy, failure, onChange }: PartsFormProps) {
  return (
    <fieldset className={styles.group} disabled={busy}>
      <legend>What is shared</legend>
      {PARTS.map(({ part, name }) => (
        <Checkbox
          key={part}
          label={name}
          checked={chosen.includes(part)}
          disabled={!available.includes(part) || (chosen.length === 1 && chosen[0] === part)}
          description={available.includes(part) ? undefined : "There is none yet"}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? [...chosen, part] : chosen.filter((each) => each !== part))
          }
        />
      ))}
      <div>
        <Button loading={busy} onClick={() => onChange([...chosen])}>
          Take the files anew
        </Button>
      </div>
      <p className={styles.explanation}>
        The draft holds copies. Take them anew after you have changed labels or segmentation.
      </p>
      {failure && <p role="alert">{failure}</p>}
    </fieldset>
  );
}
