// Changes of a project's images, one after the other, each taken over by the editor as the server answers it.

import { useMutation } from "@tanstack/react-query";
import { useEditor } from "../../app/editorContext";
import type { Project } from "../../state/contract";

/** `onSettled` hears of each change that ended, whether it went well or not. */
export function useImageChange(onSettled?: () => void) {
  const editor = useEditor();
  return useMutation({
    // One at a time: an order names all images, so that none may go or come meanwhile.
    scope: { id: "images" },
    ...(onSettled && { onSettled }),
    mutationFn: async (change: (projectId: string) => Promise<Project>): Promise<void> => {
      const projectId = editor.store.getState().project?.id;
      if (!projectId) return;
      // A step on its way would meet another order, or an image that is gone.
      await editor.whenStored();
      const project = await change(projectId);
      if (editor.store.getState().project?.id === projectId) editor.adoptProject(project);
    },
  });
}

export type ImageChange = ReturnType<typeof useImageChange>["mutate"];
