// What of an image is on the screen, in whole pixels, as jobs want to know it.

import { boundsOf, type View } from "../canvas/view";
import type { Schemas } from "./contract";

export function viewportOf(view: View): Schemas["Viewport"] {
  const { x0, y0, x1, y1 } = boundsOf(view);
  return { top: Math.floor(y0), left: Math.floor(x0), bottom: Math.ceil(y1), right: Math.ceil(x1) };
}
