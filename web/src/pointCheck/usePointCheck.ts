// The check by points of the image that is shown, and what it says of the segmentation as it is now; asked again when
// that is another one, or edited, and when points have been answered.

import { useQuery } from "@tanstack/react-query";
import { getPointCheck } from "../api/pointCheck";
import { useEditor, useEditorParts } from "../app/editorContext";

/** While it is asked anew the former one of the image is its placeholder data. */
export function usePointCheck() {
  const editor = useEditor();
  const { project, image, isThere, isChecking, now } = useEditorParts(({ project, image, result, pointCheck }) => ({
    project: project?.id ?? "",
    image,
    isThere: result?.state === "complete",
    isChecking: pointCheck !== null,
    now: JSON.stringify([result?.id, result?.fractions.map(({ edited }) => edited)]),
  }));
  return useQuery({
    queryKey: ["pointCheck", project, image, isChecking ? "checking" : now],
    queryFn: async () => {
      await editor.whenStored();
      return getPointCheck(project, image);
    },
    enabled: isThere && !isChecking,
    placeholderData: (last, lastQuery) =>
      lastQuery?.queryKey[1] === project && lastQuery.queryKey[2] === image ? last : undefined,
    // Answers are given between two looks at it.
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });
}
