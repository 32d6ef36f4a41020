// What of a project's answer goes into the editor's state.

import type { ClassInfo, EditorState, Project } from "./contract";

/** All of it, where it is about the image that is shown; classes are those that this page shows. */
export function factsOf(project: Project, classes: ClassInfo[]) {
  return {
    project: { ...project, classes },
    image: project.image.id,
    images: project.images,
    result: project.result,
  } satisfies Partial<EditorState>;
}

/** What belongs to no image, where it is about another one than the shown. */
export function factsAround(project: Project, shown: Project) {
  const { name, kind, modified, settings, classifier, images, labelled_pixels, live, access } = project;
  return {
    project: { ...shown, name, kind, modified, settings, classifier, images, labelled_pixels, live, access },
    images,
  } satisfies Partial<EditorState>;
}
