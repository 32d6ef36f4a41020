// A draft in its sheet: write, look at what will be public, submit.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { type Draft, deleteDraft } from "../api/sharing";
import { Sheet } from "../panels/dialogs/Sheet";
import type { Keeping } from "./draftWriter";
import { MetadataForm } from "./MetadataForm";
import { OriginalFile } from "./OriginalFile";
import { PartsForm } from "./PartsForm";
import { PreviewStep } from "./PreviewStep";
import { fieldOf, problemsOf } from "./problems";
import { Submitted } from "./Submitted";
import styles from "./share.module.css";
import { useDraft } from "./useDraft";

interface DraftEditorProps {
  draft: Draft;
  title: string;
  onClose: () => void;
  onDeleted: () => void;
}

const WIDTH = 480;

export function DraftEditor({ draft: first, title, onClose, onDeleted }: DraftEditorProps) {
  const { draft, metadata, keeping, write, flush, parts, original } = useDraft(first);
  const [step, setStep] = useState<"write" | "preview">("write");
  const [tellMissing, setTellMissing] = useState(false);
  const [submitted, setSubmitted] = useState<Schemas["Submission"] | null>(null);
  const refused = keeping.state === "refused" ? keeping.message : null;
  // What is missing is not known anew before the server took what is written.
  const problems = problemsOf(draft.problems, refused, tellMissing && refused === null);

  if (submitted) {
    return (
      <Sheet title={title} width={WIDTH} onClose={onClose}>
        <Submitted submission={submitted} />
      </Sheet>
    );
  }
  if (step === "preview") {
    return (
      <PreviewStep
        draft={draft}
        title={title}
        width={WIDTH}
        original={
          <OriginalFile
            draft={draft}
            busy={original.isPending}
            failure={original.error?.message ?? null}
            onChange={(form) => original.mutate(form)}
          />
        }
        onBack={() => setStep("write")}
        onSubmitted={setSubmitted}
        onClose={onClose}
      />
    );
  }
  const goOn = async (): Promise<void> => {
    setTellMissing(true);
    // What is missing is known only when all that was written has arrived.
    if (await flush()) setStep("preview");
  };
  const footer = (
    <>
      <DeleteButton draftId={draft.mine.id} onDeleted={onDeleted} />
      <KeepingState keeping={keeping} />
      <Button variant="filled" disabled={parts.isPending} onClick={() => void goOn()}>
        Preview…
      </Button>
    </>
  );
  return (
    <Sheet title={title} width={WIDTH} onClose={onClose} footer={footer}>
      {draft.mine.state === "changes_wanted" && draft.mine.reason && (
        <p className={styles.asked} role="status">
          <strong>A moderator asks for changes:</strong> {draft.mine.reason}
        </p>
      )}
      <PartsForm
        available={draft.available_parts}
        chosen={draft.parts}
        busy={parts.isPending}
        failure={parts.error?.message ?? null}
        onChange={(wanted) => parts.mutate(wanted)}
      />
      <MetadataForm metadata={metadata} problems={problems} onChange={write} />
    </Sheet>
  );
}

function KeepingState({ keeping }: { keeping: Keeping }) {
  switch (keeping.state) {
    case "kept":
      return <span className={styles.keeping}>Draft is kept</span>;
    case "keeping":
      return <span className={styles.keeping}>Keeping…</span>;
    case "refused":
      return (
        <span className={styles.refused} role="alert">
          Not kept: {fieldOf(keeping.message)?.sentence ?? keeping.message}
        </span>
      );
  }
}

function DeleteButton({ draftId, onDeleted }: { draftId: string; onDeleted: () => void }) {
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => deleteDraft(draftId),
    onSuccess: () => {
      queries.removeQueries({ queryKey: ["draft-of"] });
      onDeleted();
    },
  });
  if (!asking) {
    return (
      <Button variant="subtle" color="gray" onClick={() => setAsking(true)}>
        Delete draft
      </Button>
    );
  }
  return (
    <>
      <Button variant="filled" color="red.8" loading={deletion.isPending} onClick={() => deletion.mutate()}>
        Delete
      </Button>
      <Button autoFocus onClick={() => setAsking(false)}>
        Keep
      </Button>
    </>
  );
}
