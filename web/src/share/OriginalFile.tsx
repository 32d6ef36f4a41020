// What the image file tells besides its pixels: left out, or public, as the person who shares it chooses.

import { Radio } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { type Draft, getDraftOriginal, type OriginalForm } from "../api/sharing";
import { formatCount } from "../panels/wording/numbers";
import styles from "./share.module.css";

interface OriginalFileProps {
  draft: Draft;
  busy: boolean;
  failure: string | null;
  onChange: (form: OriginalForm) => void;
}

const FORMS: readonly { form: OriginalForm; label: string; description: string }[] = [
  {
    form: "cleaned",
    label: "Pixels and pixel size only",
    description: "A copy with the same pixels, bit for bit, and nothing else that the file tells",
  },
  {
    form: "as_it_is",
    label: "The file as it is",
    description: "With all that camera, microscope and programs wrote into it",
  },
];

export function OriginalFile({ draft, busy, failure, onChange }: OriginalFileProps) {
  const { id, changed } = draft.mine;
  const original = useQuery({
    // Not below "gallery", which is asked for anew once this is a draft no more.
    queryKey: ["draft-original", id, changed],
    queryFn: () => getDraftOriginal(id),
    placeholderData: (before) => before,
  });
  if (!original.data) return original.error && <p role="alert">{original.error.message}</p>;
  const { form, becomes_public, left_out, can_choose } = original.data;
  if (form === null) return null;
  return (
    <div className={styles.original}>
      {can_choose ? (
        <Radio.Group
          label="How the image file is shared"
          labelProps={{ fw: 600 }}
          value={form}
          onChange={(value) => onChange(value === "as_it_is" ? "as_it_is" : "cleaned")}
        >
          <div className={styles.forms}>
            {FORMS.map((each) => (
              <Radio
                key={each.form}
                value={each.form}
                label={each.label}
                description={each.description}
                disabled={busy}
              />
            ))}
          </div>
        </Radio.Group>
      ) : (
        form === "cleaned" && <p className={styles.explanation}>Of the file, pixels and pixel size are shared.</p>
      )}
      {failure && <p role="alert">{failure}</p>}
      <TellingList
        things={becomes_public}
        words={`Becomes public with the file: ${things(becomes_public.length)}`}
        warns
      />
      <TellingList things={left_out} words={`Left out of the file: ${things(left_out.length)}`} />
      {becomes_public.length + left_out.length === 0 && (
        <p className={styles.explanation}>The file tells nothing besides its pixels and their size.</p>
      )}
    </div>
  );
}

const things = (count: number): string => `${formatCount(count)} ${count === 1 ? "thing" : "things"}`;

interface TellingListProps {
  things: readonly Schemas["ToldThing"][];
  words: string;
  /** Nobody should miss it. */
  warns?: boolean;
}

function TellingList({ things, words, warns = false }: TellingListProps) {
  if (things.length === 0) return null;
  return (
    <details className={styles.told} data-warns={warns || undefined} open={warns}>
      <summary>{words}</summary>
      <dl>
        {things.map(({ name, value }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may occur twice, and the list does not change
          <div key={place}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
