// How to cite an entry: a sentence, BibTeX, CSL-JSON, to be copied.

import { Button, CopyButton, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Citation, getCitation, type VersionOf } from "../api/gallery";
import styles from "./entry.module.css";

const FORMS = [
  { value: "text", label: "Text" },
  { value: "bibtex", label: "BibTeX" },
  { value: "csl_json", label: "CSL-JSON" },
] as const;
type Form = (typeof FORMS)[number]["value"];

export function EntryCitation({ at }: { at: VersionOf }) {
  const citation = useQuery({
    queryKey: ["gallery", "citation", at.id, at.version],
    queryFn: () => getCitation(at),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!citation.data) return citation.error && <p role="alert">{citation.error.message}</p>;
  return <CitationWords citation={citation.data} />;
}

export function CitationWords({ citation }: { citation: Citation }) {
  const [form, setForm] = useState<Form>("text");
  const words = citation[form];
  return (
    <section className={styles.citation} aria-labelledby="citation">
      <div className={styles.citationTop}>
        <h2 id="citation">How to cite this version</h2>
        <SegmentedControl aria-label="Form of the citation" data={[...FORMS]} value={form} onChange={setForm} />
        <CopyButton value={words}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
        </CopyButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keys */}
      <pre className={styles.words} data-form={form} tabIndex={0}>
        {words}
      </pre>
    </section>
  );
}
