// The tool that hears the pointer: the chosen one, but while points are checked the one that moves the image.

import type { EditorState, ToolId } from "./contract";

export const toolInUse = ({ tool, pointCheck }: Pick<EditorState, "tool" | "pointCheck">): ToolId =>
  pointCheck ? "pan" : tool;
