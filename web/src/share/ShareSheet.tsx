// Sharing the shown image in the gallery: a draft that is kept, a preview of what will be public, consent.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beginDraft, type Draft, getDraft, listMyEntries } from "../api/sharing";
import { useEditor, useEditorState } from "../app/editorContext";
import { addressOf } from "../app/route";
import { Sheet } from "../panels/dialogs/Sheet";
import { DraftEditor } from "./DraftEditor";
import styles from "./share.module.css";

interface ShareSheetProps {
  projectId: string;
  onClose: () => void;
}

const TITLE = "Share in the gallery";
const SHEET_WIDTH = 480;

export default function ShareSheet({ projectId, onClose }: ShareSheetProps) {
  const image = useEditorState((state) => state.image);
  // Another image is another draft.
  return <ShareImage key={image} projectId={projectId} image={image} onClose={onClose} />;
}

function ShareImage({ projectId, image, onClose }: ShareSheetProps & { image: number }) {
  const [begun, setBegun] = useState<Draft | null>(null);
  // Not below "gallery": submitting asks for all of that anew, and the link to follow it would be gone with the draft.
  const found = useQuery({
    queryKey: ["draft-of", projectId, image],
    queryFn: async (): Promise<Draft | null> => {
      const mine = await listMyEntries();
      const open = mine.find(
        (entry) =>
          entry.project_id === projectId &&
          entry.image === image &&
          (entry.state === "draft" || entry.state === "changes_wanted"),
      );
      return open ? getDraft(open.id) : null;
    },
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const draft = begun ?? found.data;
  if (draft) {
    return (
      <DraftEditor
        key={draft.mine.id}
        draft={draft}
        title={TITLE}
        onClose={onClose}
        onDeleted={() => {
          setBegun(null);
          void found.refetch();
        }}
      />
    );
  }
  return (
    <Sheet title={TITLE} width={SHEET_WIDTH} onClose={onClose}>
      {found.error && <p role="alert">{found.error.message}</p>}
      {found.isPending && <p role="status">Loading…</p>}
      {draft === null && <Beginning projectId={projectId} image={image} onBegun={setBegun} />}
    </Sheet>
  );
}

interface BeginningProps {
  projectId: string;
  image: number;
  onBegun: (draft: Draft) => void;
}

function Beginning({ projectId, image, onBegun }: BeginningProps) {
  const editor = useEditor();
  const queries = useQueryClient();
  const beginning = useMutation({
    mutationFn: async () => {
      await editor.whenStored();
      return beginDraft(projectId, image);
    },
    onSuccess: (draft) => {
      onBegun(draft);
      void queries.invalidateQueries({ queryKey: ["gallery", "mine"] });
    },
  });
  return (
    <div className={styles.beginning}>
      <p>
        Others learn from what you segmented: they find it in the gallery, can cite it, and open a copy of it in their
        editor.
      </p>
      <p>
        First a draft is made, with a copy of this image, its labels, segmentation and classifier as they are now.
        Nobody else sees it before you have looked at what will be public, and agreed.
      </p>
      {beginning.error && <p role="alert">{beginning.error.message}</p>}
      <div>
        <Button variant="filled" loading={beginning.isPending} onClick={() => beginning.mutate()}>
          Begin a draft
        </Button>
        <a href={addressOf({ screen: "myEntries" })}>My entries</a>
      </div>
    </div>
  );
}
