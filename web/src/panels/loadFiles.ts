// Loading by the system's file dialog.

import { CLASSIFIER_FILES, LABEL_FILES, pickFile } from "../app/pickFile";
import type { Editor } from "../state/contract";

export async function loadLabels(editor: Editor, mode: "replace" | "add"): Promise<void> {
  const file = await pickFile(LABEL_FILES);
  if (file) await editor.importLabels(file, mode);
}

export async function loadClassifier(editor: Editor): Promise<void> {
  const file = await pickFile(CLASSIFIER_FILES);
  if (file) await editor.loadClassifier(file);
}
