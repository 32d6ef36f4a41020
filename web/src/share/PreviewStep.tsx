// Exactly what will be public, and consent to it.

import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { entryThumbnailUrl } from "../api/gallery";
import { type Draft, previewDraft, submitDraft } from "../api/sharing";
import { EntryFacts } from "../gallery/EntryFacts";
import { fileWords } from "../gallery/entryWords";
import { Sheet } from "../panels/dialogs/Sheet";
import { formatBytes } from "../panels/wording/bytes";
import styles from "./share.module.css";

interface PreviewStepProps {
  draft: Draft;
  title: string;
  width: number;
  /** What the image file tells, and how it is shared. */
  original: React.ReactNode;
  onBack: () => void;
  onSubmitted: (submission: Schemas["Submission"]) => void;
  onClose: () => void;
}

export function PreviewStep({ draft, title, width, original, onBack, onSubmitted, onClose }: PreviewStepProps) {
  // Consent is to what is shown: with other files it is asked for anew.
  const [consentTo, setConsentTo] = useState<string | null>(null);
  const queries = useQueryClient();
  const { id, version, changed } = draft.mine;
  const preview = useQuery({
    // Not below "gallery", which is asked for anew once this is a draft no more.
    queryKey: ["draft-preview", id, version, changed],
    placeholderData: (before) => before,
    queryFn: () => previewDraft(id),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const consent = consentTo === changed;
  const submitting = useMutation({
    mutationFn: () => submitDraft(id, consent),
    onSuccess: (submission) => {
      onSubmitted(submission);
      void queries.invalidateQueries({ queryKey: ["gallery"] });
    },
  });
  const missing = draft.problems;
  const mayAgree = missing.length === 0 && preview.data !== undefined;
  const footer = (
    <>
      <Button onClick={onBack}>Back</Button>
      <span className={styles.keeping}>{mayAgree && !consent && "Look through it, and agree at its end."}</span>
      <Button
        variant="filled"
        loading={submitting.isPending}
        disabled={!consent || missing.length > 0 || !preview.data || preview.isPlaceholderData}
        onClick={() => submitting.mutate()}
      >
        Share
      </Button>
    </>
  );
  return (
    <Sheet title={title} width={width} onClose={onClose} footer={footer}>
      {missing.length > 0 && (
        <div className={styles.asked} role="alert">
          <strong>Before this can be shared</strong>
          <ul>
            {missing.map(({ field, message }) => (
              <li key={field}>{message}</li>
            ))}
          </ul>
        </div>
      )}
      <p className={styles.explanation}>This, and nothing else, will be public:</p>
      {preview.error && <p role="alert">{preview.error.message}</p>}
      {preview.data && (
        <article className={styles.preview} aria-label="Preview">
          <h3>{preview.data.metadata.title || "Without a title"}</h3>
          <div className={styles.pictures}>
            {preview.data.thumbnails.map((what) => (
              <img
                key={what}
                src={`${entryThumbnailUrl({ id, version }, what, 320)}&at=${encodeURIComponent(changed)}`}
                alt={what === "image" ? "The image" : "Its segmentation"}
              />
            ))}
          </div>
          <EntryFacts entry={preview.data} />
          <h4>Files</h4>
          <ul>
            {preview.data.files.map((file) => (
              <li key={file.kind}>
                {fileWords(file.kind)}: {file.file_name}, {formatBytes(file.bytes)}
              </li>
            ))}
          </ul>
          {original}
        </article>
      )}
      <Checkbox
        label="I may share this, and agree that it becomes public under the chosen licence."
        disabled={missing.length > 0}
        checked={consent}
        onChange={(event) => setConsentTo(event.currentTarget.checked ? changed : null)}
      />
      {submitting.error && <p role="alert">{submitting.error.message}</p>}
    </Sheet>
  );
}
