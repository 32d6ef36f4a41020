// The ways in which a person brings images: by a dialog for files or folders, or from the files of this computer.

import type { Editor } from "../state/contract";
import { useFileBrowser } from "./files/fileBrowserState";
import { type Destination, useOpening } from "./opening";
import { IMAGE_FILES, pickFiles, pickFolder } from "./pickFile";

export const AS_NEW_PROJECT: Destination = { kind: "new" };

/** The project that is open in the editor; null where none is. */
export function intoOpenProject(editor: Editor): Destination | null {
  const { project } = editor.store.getState();
  return (
    project && {
      kind: "project",
      projectId: project.id,
      added: (changed) => {
        if (editor.store.getState().project?.id === changed.id) editor.adoptProject(changed);
      },
    }
  );
}

export async function chooseFiles(destination: Destination): Promise<void> {
  const files = (await pickFiles(IMAGE_FILES)).map((file) => ({ name: file.name, content: file }));
  if (files.length > 0) await useOpening.getState().bring({ kind: "files", files }, destination);
}

export async function chooseFolder(destination: Destination): Promise<void> {
  const files = (await pickFolder()).map((file) => ({ name: file.webkitRelativePath || file.name, content: file }));
  if (files.length > 0) await useOpening.getState().bring({ kind: "files", files }, destination);
}

export function browseThisComputer(destination: Destination): void {
  const isNew = destination.kind === "new";
  useFileBrowser.getState().ask({
    title: isNew ? "Open from this computer" : "Add images from this computer",
    verb: isNew ? "Open" : "Add",
    several: true,
    folder: null,
    chosen: (paths) => void useOpening.getState().bring({ kind: "paths", paths }, destination),
  });
}
