// Cropping makes another project, so the page has to go there.

import { goTo } from "../app/route";
import type { Editor } from "../state/contract";

export async function crop(editor: Editor): Promise<void> {
  const projectId = await editor.confirmCrop();
  if (!projectId) return;
  editor.set({ tool: "brush" });
  goTo({ screen: "project", projectId });
}
