// Changes of a project's images, each taken over by the editor as the server answers it.

import { useMutation } from "@tanstack/react-query";
import { useEditor } from "../../app/editorContext";
import type { Project } from "../../state/contract";

export function useImageChange() {
  const editor = useEditor();
  return useMutation({
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
