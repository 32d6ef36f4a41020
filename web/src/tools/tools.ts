// All tools, in the order in which they are offered.

import { BrushTool, EraserTool } from "./brush";
import { CropTool } from "./crop";
import { FillTool } from "./fill";
import { PanTool } from "./pan";
import { PolygonTool } from "./polygon";
import { RectangleTool } from "./rectangle";
import { SmartTool } from "./smart";
import type { Tool } from "./tool";

/** Fresh tools for one editor. */
export function createTools(): readonly Tool[] {
  return [
    new SmartTool(),
    new BrushTool(),
    new PolygonTool(),
    new RectangleTool(),
    new FillTool(),
    new EraserTool(),
    new PanTool(),
    new CropTool(),
  ];
}
