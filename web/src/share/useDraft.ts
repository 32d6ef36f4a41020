// One draft as it is written: the text on the page, and what the server says of it.

import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Draft, type OriginalForm, type Part, patchDraft, renewFiles } from "../api/sharing";
import { completed, type Metadata } from "../gallery/metadata";
import { DraftWriter, type Keeping } from "./draftWriter";

export function useDraft(first: Draft) {
  const [draft, setDraft] = useState(first);
  const [metadata, setMetadata] = useState(() => completed(first.metadata));
  const [keeping, setKeeping] = useState<Keeping>({ state: "kept" });
  const draftId = first.mine.id;
  const [writer] = useState(
    () =>
      new DraftWriter((text: Metadata) => patchDraft(draftId, { metadata: text }), {
        answer: setDraft,
        keeping: setKeeping,
      }),
  );
  // Closing the sheet loses nothing.
  useEffect(() => () => void writer.flush(), [writer]);
  const write = (part: Partial<Metadata>): void => {
    const next = { ...metadata, ...part };
    setMetadata(next);
    writer.change(next);
  };
  const parts = useMutation({
    mutationFn: async (wanted: Part[]) => {
      await writer.flush();
      // What was left out once comes back only with all files taken anew.
      const held = wanted.every((part) => draft.parts.includes(part)) && wanted.length < draft.parts.length;
      return held ? patchDraft(draftId, { parts: wanted }) : renewFiles(draftId, wanted);
    },
    onSuccess: setDraft,
  });
  const original = useMutation({
    mutationFn: (form: OriginalForm) => renewFiles(draftId, draft.parts, form),
    onSuccess: setDraft,
  });
  return { draft, metadata, keeping, write, flush: () => writer.flush(), parts, original };
}
