// Draws what is proposed to be labelled alike: all at once in the class's colour, and what was left out as bare outlines.

import { activeColour, colourWord } from "../smart/classFacts";
import { outlineOf } from "../smart/outline";
import { canvasOfMask } from "../smart/pictureOfMask";
import { joined, type Proposal, type Proposals } from "../smart/proposals";
import { type DrawnRegion, drawRegion } from "./smartPreview";
import type { ToolContext } from "./tool";

/** Outlines of more lines than this take too long to draw: they become part of the picture. */
const MOST_LINES = 4000;
const LEFT_OUT_COLOUR = "#8a8a90";

interface Drawn {
  accepted: DrawnRegion;
  leftOut: DrawnRegion;
}

/** Made once for each choice among the proposals. */
const drawn = new WeakMap<Proposals, Drawn>();

export function drawProposals(
  canvas: CanvasRenderingContext2D,
  { state, view }: ToolContext,
  proposals: Proposals,
): void {
  let known = drawn.get(proposals);
  if (!known) {
    known = {
      accepted: regionOf(proposals.accepted, colourWord(state)),
      leftOut: regionOf(proposals.pruned, null),
    };
    drawn.set(proposals, known);
  }
  drawRegion(canvas, view, proposals.view, known.leftOut, LEFT_OUT_COLOUR);
  drawRegion(canvas, view, proposals.view, known.accepted, activeColour(state));
}

function regionOf(proposals: readonly Proposal[], colour: number | null): DrawnRegion {
  const mask = joined(proposals);
  const lines = outlineOf(mask);
  const isSimple = lines.length <= 4 * MOST_LINES || colour === null;
  return {
    mask,
    outline: isSimple ? lines : new Int32Array(0),
    picture: colour === null ? null : canvasOfMask(mask, colour, isSimple ? null : lines),
  };
}
