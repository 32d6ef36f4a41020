// What a person may do with the open project: change it, or only look. The server decides; the page asks for nothing
// that would be refused.

import type { StoreApi } from "zustand/vanilla";
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

/** What of the editor follows when one may change the project from now on, or only look. */
export interface RightsListener {
  /** Gives up what is being drawn or proposed. */
  leave(): void;
  choose(tool: ToolId): void;
}

/** Where one may only look, a tool for looking is in use; the one of before comes back with the right to change. */
export function followRights(store: StoreApi<EditorState>, listener: RightsListener): void {
  let toolForChanging: ToolId | null = null;
  store.subscribe((state, before) => {
    if (mayChange(state) === mayChange(before)) return;
    if (mayChange(state)) {
      if (toolForChanging) listener.choose(toolForChanging);
      toolForChanging = null;
      return;
    }
    listener.leave();
    toolForChanging = state.tool;
    store.setState({ postProcess: false });
    listener.choose(LOOKING_TOOLS.has(state.tool) ? state.tool : "pan");
  });
}

/** Wraps what the server refuses to those who may only look: it does nothing then. */
export const ifMayChange =
  (store: StoreApi<EditorState>) =>
  <Given extends unknown[]>(act: (...given: Given) => unknown) =>
  async (...given: Given): Promise<void> => {
    if (mayChange(store.getState())) await act(...given);
  };
