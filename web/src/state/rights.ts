// What a person may do with the open project: change it, or only look. The server decides; the page asks for nothing
// that would be refused.

import type { EditorPreferences, EditorState, ToolId } from "./contract";

/** False where the project is somebody else's who lets one look. */
export const mayChange = ({ project }: Pick<EditorState, "project">): boolean => project?.access !== "viewer";

/** Tools that change nothing: a crop becomes a project of one's own. */
export const LOOKING_TOOLS: ReadonlySet<ToolId> = new Set(["pan", "crop"]);

/** Of what somebody wants to set, what is of use to one who looks. */
export function forLooking({
  tool,
  postProcess: _,
  ...others
}: Partial<EditorPreferences>): Partial<EditorPreferences> {
  return { ...others, ...(tool && LOOKING_TOOLS.has(tool) && { tool }) };
}
