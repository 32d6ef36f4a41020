// What the canvas side (canvas/, tools/, state/) offers to the React side (panels/), and nothing more.
// State holds ids, numbers and versions; pixels live in typed arrays outside.

import type { StoreApi } from "zustand/vanilla";
import type { components } from "../api/schema";
import type { Scale, ScaleChoice } from "../smart/suggestion";

export type Schemas = components["schemas"];
export type Project = Schemas["Project"];
export type ClassInfo = Schemas["ClassInfo"];
export type JobInfo = Schemas["JobInfo"];
export type ResultInfo = Schemas["ResultInfo"];
export type ProjectSettings = Schemas["ProjectSettings"];
export type ImageSummary = Schemas["ImageSummary"];

export type ToolId = "smart" | "brush" | "polygon" | "rectangle" | "fill" | "eraser" | "pan" | "crop";
export type OverlayView = "both" | "segmentation" | "labels" | "none";
export type SaveState = "saved" | "saving" | "browser";

/** A sentence for a person, shown where it was caused. */
export interface Notice {
  id: number;
  kind: "error" | "info";
  /** Which part of the page caused it. */
  place:
    | "canvas"
    | "smart"
    | "train"
    | "save"
    | "labels"
    | "classes"
    | "classifier"
    | "open"
    | "image"
    | "crop"
    | "connection";
  message: string;
  hint: string;
}

/** How far smart labelling is. */
export interface SmartStatus {
  /** Names of the models whose views are not there yet, for what is on the screen. */
  preparing: readonly string[];
  /** What the server says about the model that is being run; null where nothing is known. */
  progress: { stage: string; fraction: number | null; secondsLeft: number | null } | null;
  /** Suggestions are possible, if only from an older view or another model. */
  ready: boolean;
  /** They use what the classifier learned. */
  learned: boolean;
  /** What the newest suggestion came from. */
  model: string | null;
  /** The scale that is shown; null where nothing was shown yet. */
  scale: Scale | null;
  /** Points that hold the suggestion in its place. */
  points: number;
  hasBox: boolean;
}

/** "Label all like this": regions are looked for, or proposed and not accepted yet. */
export type AlikeStatus =
  | { kind: "searching" }
  | {
      kind: "proposed";
      /** Regions that would be labelled. */
      count: number;
      /** How similar they are at least, 0 to 1, and how similar the last one of all is. */
      threshold: number;
      lowest: number;
    };

/** "Where next": places that are worth a label, the most interesting first, and which of them is marked. */
export interface WhereNextStatus {
  places: readonly Schemas["LabelPlace"][];
  /** Place in the list; null where none is marked. */
  at: number | null;
}

export type CheckedPoint = Schemas["CheckPointInfo"];
/** What a person says of a pixel: its class, or that it cannot be told. */
export type PointAnswer = Exclude<CheckedPoint["answer"], null>;

/** "Check by points": which pixel a person is asked about. Nothing is drawn over the image meanwhile. */
export interface PointCheckStatus {
  /** What the points were drawn from: project, image, and the check itself. */
  project: string;
  image: number;
  id: string;
  /** With the answers as given here. */
  points: readonly CheckedPoint[];
  /** Place in the list, from 0; null where all have an answer. */
  at: number | null;
  /** Answers that the server has not acknowledged. */
  unstored: number;
}

/** What steps of cleaning would make of the result. */
export interface CleaningPreviewStatus {
  /** As the command line reads them; "" for the classes as predicted. */
  steps: string;
  /** Why it cannot be shown, as sentences. */
  problem: string | null;
}

export interface Hover {
  x: number;
  y: number;
  /** One value a channel, as stored in the file; null where the tile is not loaded yet. */
  values: number[] | null;
  labelClassId: number | null;
  predictedClassId: number | null;
  /** 0 to 1. */
  uncertainty: number | null;
}

export interface EditorState {
  /** With what belongs to the image that is shown: `image`, `tiles`, `result`. */
  project: Project | null;
  loading: boolean;
  /** Id of the image that is shown. */
  image: number;
  /** All images of the project, in order. */
  images: readonly ImageSummary[];
  /** Another image was asked for and is not on the screen yet. */
  switching: boolean;
  /** After every change of the labels the classifier learns, and the view is segmented anew. */
  live: boolean;
  tool: ToolId;
  activeClassId: number;
  brushRadiusPx: number;
  fillTolerance: number;
  overwrite: boolean;
  eraseAllClasses: boolean;
  smartScale: ScaleChoice;
  /** `builtin`, or the name of a model. */
  smartModel: string;
  smart: SmartStatus;
  alike: AlikeStatus | null;
  /** Null until it was asked for. */
  whereNext: WhereNextStatus | null;
  /** Null while nothing is checked. */
  pointCheck: PointCheckStatus | null;
  /** What the canvas shows in place of the result's classes. */
  cleaningPreview: CleaningPreviewStatus | null;
  /** Tools edit the segmentation itself. */
  postProcess: boolean;
  overlayView: OverlayView;
  showUncertainty: boolean;
  opacity: { labels: number; segmentation: number; uncertainty: number };
  /** Display only: grey values shown black and white, one pair a channel. */
  contrast: { low: number; high: number }[];
  /** Index of the channel shown in grey, or null for colour. */
  shownChannel: number | null;
  /** Screen pixels (CSS) for one image pixel. */
  zoom: number;
  hover: Hover | null;
  saveState: SaveState;
  unsavedOperations: number;
  history: { canUndo: boolean; canRedo: boolean; undoName: string | null; redoName: string | null };
  /** Labelled pixels of each class id over all images, as drawn now. */
  labelledPixels: Record<number, number>;
  job: JobInfo | null;
  /** Of the image that is shown. */
  result: ResultInfo | null;
  /** A cropping rectangle that waits for Enter or Esc. */
  cropRectangle: { top: number; left: number; bottom: number; right: number } | null;
  notices: Notice[];
}

/** The settings a panel may write directly; each is remembered where that is useful. */
export type EditorPreferences = Pick<
  EditorState,
  | "tool"
  | "activeClassId"
  | "brushRadiusPx"
  | "fillTolerance"
  | "overwrite"
  | "eraseAllClasses"
  | "smartScale"
  | "smartModel"
  | "postProcess"
  | "overlayView"
  | "showUncertainty"
  | "opacity"
  | "contrast"
  | "shownChannel"
>;

export interface Editor {
  readonly store: StoreApi<EditorState>;

  /** Put the canvas into `container` (fills it, follows its size); returns the function that takes it out. */
  mount(container: HTMLElement): () => void;
  openProject(projectId: string): Promise<void>;
  closeProject(): void;

  /** Shows another image of the project; resolves when it is on the screen, or another one was asked for since. */
  showImage(image: number): Promise<void>;
  /** The image so many places further in the order, or the last one there is. */
  stepImage(places: number): void;
  /** Takes over the project as the server answered it after its images were changed; the one shown stays, if it is there. */
  adoptProject(project: Project): void;

  set(preferences: Partial<EditorPreferences>): void;
  /** One key press, from the keyboard map in `tools/keys.ts`; true when it was used. */
  handleKey(event: KeyboardEvent): boolean;

  fit(): void;
  zoomTo(zoom: number): void;
  zoomBy(factor: number): void;
  panBy(dxScreenPx: number, dyScreenPx: number): void;
  cycleOverlay(): void;

  undo(): void;
  redo(): void;
  addClass(): void;
  /** Rename, recolour, lock, delete: replaces the list as one step that can be undone. */
  setClasses(classes: ClassInfo[]): void;
  /** Of the image that is shown. */
  clearLabels(classId: number | null): void;

  train(): Promise<void>;
  /** Segment the image that is shown with the project's classifier, without training. */
  apply(): Promise<void>;
  /** Segment all images that the classifier has not segmented yet, or `again` all of them. */
  applyAll(again: boolean): Promise<void>;
  setLive(on: boolean): Promise<void>;
  cancelJob(): Promise<void>;
  /** Resolves when the server has every operation of this page, and every answer at points; throws ApiError where it cannot be reached. */
  whenStored(): Promise<void>;
  saveSettings(settings: ProjectSettings): Promise<void>;
  /** Shows what steps of cleaning would make of the result, "" the classes as predicted; null the result as it is. */
  previewCleaning(steps: string | null): void;
  /** Chooses the steps that results are cleaned up by, and begins to do so; null where one may not. Throws ApiError. */
  setCleaning(steps: ProjectSettings["cleaning"]): Promise<Schemas["CleaningInfo"] | null>;
  renameProject(name: string): Promise<void>;

  importLabels(file: File, mode: "replace" | "add"): Promise<void>;
  loadClassifier(file: File): Promise<void>;
  /** Waits until all operations are stored, then downloads what belongs to the image that is shown. */
  download(
    what: "segmentation" | "labels" | "uncertainty" | "probabilities" | "classifier",
    values: "ids" | "spread",
  ): Promise<void>;
  /** Makes a project of the cropping rectangle; its id, or null with a notice at "crop". The open one stays open. */
  confirmCrop(): Promise<string | null>;
  cancelCrop(): void;

  dismissNotice(id: number): void;
  /** Minimap: the whole image in a small canvas; null until tiles arrived. Redraw when `zoom`/view changes. */
  drawMinimap(canvas: HTMLCanvasElement): void;
  /** Centre the view on an image position. */
  centreOn(x: number, y: number): void;
  /** What of the image is on the screen, in whole pixels; may reach outside the image. */
  viewport(): Schemas["Viewport"];
  /** Counts that change with each repaint of the view; panels that draw (minimap, scale bar) subscribe to it. */
  onViewChange(listener: () => void): () => void;
  /** Histogram of one channel from loaded tiles, 256 bins over its value range; not to be changed by the caller. */
  histogram(channel: number): Float64Array;
  /** Milliseconds between the last frames that followed each other; for benchmarks. */
  frameTimes(): number[];
  /** Gives up points and box of smart labelling. */
  clearSmartPoints(): void;
  /** Proposes all regions on the screen that are like those of the active class. */
  findAlike(): Promise<void>;
  setAlikeThreshold(threshold: number): void;
  /** Labels all that are proposed, as one step. */
  acceptAlike(): void;
  dropAlike(): void;
  /** Marks and shows the next place that is worth a label, or the one before it. */
  whereNext(step: 1 | -1): Promise<void>;
  /** Marks and shows one place of the list. */
  showPlace(at: number): Promise<void>;
  /** Takes the mark away; true where there was one. */
  leavePlace(): boolean;
  /** Asks for the class at the points of an image that is shown, from the first one without an answer on. */
  checkPoints(image: number, check: Schemas["PointCheckInfo"]): void;
  /** Takes down what lies at the point that is asked, and asks the next one. */
  answerPoint(answer: PointAnswer): void;
  /** Asks the point before again. */
  pointBefore(): void;
  /** Ends the check with its answers kept; true where there was one. */
  stopPointCheck(): boolean;
  /** Milliseconds from a movement of the pointer to the frame that drew its suggestion, the newest last. */
  suggestionTimes(): number[];
  /** For benchmarks: how many tiles of the view have their newest pixels, and how many there are. */
  viewProgress(): { done: number; all: number };
}
