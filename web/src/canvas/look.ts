// How the scene is to be coloured, from the editor's state.

import type { EditorState } from "../state/contract";
import type { Look } from "./compose";
import { rowColourer } from "./imageColours";
import { classTable, uncertaintyTable } from "./overlayColours";

type LookState = Pick<
  EditorState,
  "project" | "result" | "contrast" | "shownChannel" | "opacity" | "overlayView" | "showUncertainty" | "pointCheck"
>;

interface Coloured {
  id: number;
  colour: string;
}

type LookImage = Pick<NonNullable<EditorState["project"]>["image"], "tile_dtype" | "channels" | "is_rgb">;

let lastSerial = 0;

export function lookOf(state: LookState & { project: NonNullable<EditorState["project"]> }): Look {
  const { image, classes } = state.project;
  const { opacity, result } = state;
  // Who checks by points must not see what was predicted, or labelled.
  const overlayView = state.pointCheck ? "none" : state.overlayView;
  const showsUncertainty = state.showUncertainty && !state.pointCheck;
  const showsSegmentation = overlayView === "both" || overlayView === "segmentation";
  const showsLabels = overlayView === "both" || overlayView === "labels";
  lastSerial++;
  return {
    serial: lastSerial,
    colourRow: rowColourer({
      type: image.tile_dtype,
      channels: image.channels,
      isRgb: image.is_rgb,
      contrast: state.contrast,
      shownChannel: state.shownChannel,
    }),
    segmentation: showsSegmentation ? classTable([...(result?.classes ?? []), ...classes], opacity.segmentation) : null,
    uncertainty: showsUncertainty && result ? uncertaintyTable(opacity.uncertainty) : null,
    labels: showsLabels ? classTable(classes, opacity.labels) : null,
  };
}

/** True where two states look the same, however often the server told them. */
export function looksSame(a: LookState, b: LookState): boolean {
  return (
    sameColours(a.project?.classes, b.project?.classes) &&
    sameImage(a.project?.image, b.project?.image) &&
    sameColours(a.result?.classes, b.result?.classes) &&
    a.contrast === b.contrast &&
    a.shownChannel === b.shownChannel &&
    a.opacity === b.opacity &&
    a.overlayView === b.overlayView &&
    a.showUncertainty === b.showUncertainty &&
    (a.pointCheck === null) === (b.pointCheck === null)
  );
}

function sameColours(a: readonly Coloured[] | undefined, b: readonly Coloured[] | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  return (
    a.length === b.length &&
    a.every(({ id, colour }, index) => {
      const other = b[index] as Coloured;
      return id === other.id && colour === other.colour;
    })
  );
}

function sameImage(a: LookImage | undefined, b: LookImage | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  return a.tile_dtype === b.tile_dtype && a.channels === b.channels && a.is_rgb === b.is_rgb;
}
