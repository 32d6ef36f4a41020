// The check by points of the image that is shown, and what it says of the segmentation as it is now; asked again when
// that is another one, or edited.

import { useQuery } from "@tanstack/react-query";
import { getPointCheck } from "../api/pointCheck";
import { useEditor, useEditorParts } from "../app/editorContext";

export function usePointCheck() {
  const editor = useEditor();
  const { project, image, isThere, now } = useEditorParts(({ project, image, result }) => ({
    project: project?.id ?? "",
    image,
    isThere: result?.state === "complete",
    now: JSON.stringify([result?.id, result?.fractions.map(({ edited }) => edited)]),
  }));
  return useQuery({
    queryKey: ["pointCheck", project, image, now],
    queryFn: async () => {
      await editor.whenStored();
      return getPointCheck(project, image);
    },
    enabled: isThere,
    // Answers are given between two looks at it.
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });
}
