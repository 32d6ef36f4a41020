// Everything that can be done in the editor, as one list for the command palette.

import { AS_NEW_PROJECT, browseThisComputer, chooseFiles, chooseFolder, intoOpenProject } from "../app/bringImages";
import type { Destination } from "../app/opening";
import { goTo } from "../app/route";
import { useServerMode } from "../app/serverMode";
import { nextScale } from "../smart/suggestion";
import type { Editor, OverlayView, ToolId } from "../state/contract";
import { placeOf } from "../state/imageList";
import { LOOKING_TOOLS, mayChange } from "../state/rights";
import { useScheme } from "../theme/scheme";
import type { KeyId } from "../tools/keys";
import { loadClassifier, loadLabels } from "./loadFiles";
import { allImagesActions } from "./top/allImages";
import { isRunning, labelledClassCount } from "./top/trainState";
import { useUi } from "./uiState";
import { useStrip } from "./view/stripState";

export interface Command {
  /** What it does, in words; unique. */
  words: string;
  group: "Tools" | "Classes" | "Labels" | "View" | "Result" | "Project" | "Help";
  key?: KeyId;
  possible: boolean;
  /** It changes the project, so that those who may only look do not have it. */
  changes?: boolean;
  run: () => void;
}

const TOOLS: readonly (readonly [ToolId, string])[] = [
  ["smart", "Smart labelling"],
  ["brush", "Brush"],
  ["polygon", "Polygon"],
  ["rectangle", "Rectangle"],
  ["fill", "Fill"],
  ["eraser", "Eraser"],
  ["pan", "Move the image"],
  ["crop", "Crop"],
];

const VIEWS: readonly (readonly [OverlayView, string])[] = [
  ["both", "Show segmentation and labels"],
  ["segmentation", "Show the segmentation only"],
  ["labels", "Show labels only"],
  ["none", "Show the image only"],
];

/** The commands as they are possible now. */
export function commandsOf(editor: Editor): Command[] {
  const commands = [
    ...toolCommands(editor),
    ...changing(classCommands(editor)),
    ...changing(labelCommands(editor)),
    ...viewCommands(editor),
    ...changing(resultCommands(editor)),
    ...saveCommands(editor),
    ...changing(contentCommands(editor)),
    ...projectCommands(),
    ...helpCommands(),
  ];
  return mayChange(editor.store.getState()) ? commands : commands.filter(({ changes }) => !changes);
}

const changing = (commands: readonly Command[]): Command[] =>
  commands.map((command) => ({ ...command, changes: true }));

function toolCommands(editor: Editor): Command[] {
  const tools = TOOLS.map(
    ([tool, words]): Command => ({
      words,
      group: "Tools",
      key: tool,
      possible: true,
      changes: !LOOKING_TOOLS.has(tool),
      run: () => editor.set({ tool }),
    }),
  );
  return [...tools, ...changing(suggestionCommands(editor))];
}

function suggestionCommands(editor: Editor): Command[] {
  const state = editor.store.getState();
  return [
    {
      words: "Next scale of the suggestion",
      group: "Tools",
      key: "nextScale",
      possible: true,
      run: () => editor.set({ smartScale: nextScale(state.smartScale, state.smart.scale) }),
    },
    {
      words: "Label all like this",
      group: "Tools",
      key: "alike",
      possible: (state.labelledPixels[state.activeClassId] ?? 0) > 0,
      run: () => void editor.findAlike(),
    },
    {
      words: "Where next",
      group: "Tools",
      key: "whereNext",
      possible: true,
      run: () => void editor.whereNext(1),
    },
    {
      words: "Where next: back to the place before",
      group: "Tools",
      key: "whereBefore",
      possible: true,
      run: () => void editor.whereNext(-1),
    },
    {
      words: "Choose what gives the suggestions…",
      group: "Tools",
      possible: true,
      run: () => useUi.getState().openSheet({ kind: "suggestions" }),
    },
  ];
}

function classCommands(editor: Editor): Command[] {
  const classes = editor.store.getState().project?.classes ?? [];
  const choose = classes.map(
    ({ id, name }): Command => ({
      words: `Choose class ${name}`,
      group: "Classes",
      possible: true,
      run: () => editor.set({ activeClassId: id }),
    }),
  );
  return [...choose, { words: "Add class", group: "Classes", possible: true, run: editor.addClass }];
}

function labelCommands(editor: Editor): Command[] {
  const { history, overwrite, activeClassId } = editor.store.getState();
  return [
    { words: "Undo", group: "Labels", key: "undo", possible: history.canUndo, run: editor.undo },
    { words: "Redo", group: "Labels", key: "redo", possible: history.canRedo, run: editor.redo },
    {
      words: overwrite ? "Overwrite: turn off" : "Overwrite: turn on",
      group: "Labels",
      key: "overwrite",
      possible: true,
      run: () => editor.set({ overwrite: !overwrite }),
    },
    {
      words: "Clear labels of the chosen class",
      group: "Labels",
      possible: true,
      run: () => editor.clearLabels(activeClassId),
    },
    { words: "Clear all labels", group: "Labels", possible: true, run: () => editor.clearLabels(null) },
    {
      words: "Load labels, replacing mine…",
      group: "Labels",
      possible: true,
      run: () => void loadLabels(editor, "replace"),
    },
    {
      words: "Load labels, adding to mine…",
      group: "Labels",
      possible: true,
      run: () => void loadLabels(editor, "add"),
    },
  ];
}

function viewCommands(editor: Editor): Command[] {
  const { showUncertainty, result, images, image } = editor.store.getState();
  const place = placeOf(images, image);
  const views = VIEWS.map(
    ([overlayView, words]): Command => ({
      words,
      group: "View",
      possible: true,
      run: () => editor.set({ overlayView }),
    }),
  );
  return [
    { words: "Whole image", group: "View", key: "fit", possible: true, run: editor.fit },
    { words: "Zoom in", group: "View", key: "zoomIn", possible: true, run: () => editor.zoomBy(1.5) },
    { words: "Zoom out", group: "View", key: "zoomOut", possible: true, run: () => editor.zoomBy(1 / 1.5) },
    { words: "Zoom to 100 %", group: "View", key: "actualSize", possible: true, run: () => editor.zoomTo(1) },
    ...views,
    {
      words: showUncertainty ? "Hide uncertainty" : "Show uncertainty",
      group: "View",
      key: "uncertainty",
      possible: result !== null,
      run: () => editor.set({ showUncertainty: !showUncertainty }),
    },
    {
      words: "Previous image",
      group: "View",
      key: "previousImage",
      possible: place > 0,
      run: () => editor.stepImage(-1),
    },
    {
      words: "Next image",
      group: "View",
      key: "nextImage",
      possible: place < images.length - 1,
      run: () => editor.stepImage(1),
    },
    {
      words: "Show or hide the pictures of all images",
      group: "View",
      possible: images.length > 1,
      run: useStrip.getState().toggle,
    },
    { words: "Show or hide the panel", group: "View", possible: true, run: useUi.getState().togglePanel },
  ];
}

function resultCommands(editor: Editor): Command[] {
  const { labelledPixels, project, job, result, postProcess, live, images } = editor.store.getState();
  const idle = !isRunning(job);
  const complete = result?.state === "complete";
  const hasClassifier = Boolean(project?.classifier);
  return [
    {
      words: "Train",
      group: "Result",
      key: "train",
      possible: idle && labelledClassCount(labelledPixels) >= 2,
      run: () => void editor.train(),
    },
    {
      words: "Segment with the present classifier",
      group: "Result",
      possible: idle && hasClassifier,
      run: () => void editor.apply(),
    },
    ...allImagesActions({ images, job }).map(
      ({ words, again }): Command => ({
        words,
        group: "Result",
        possible: idle && hasClassifier,
        run: () => void editor.applyAll(again),
      }),
    ),
    {
      words: live ? "Live: turn off" : "Live: turn on",
      group: "Result",
      key: "live",
      possible: true,
      run: () => void editor.setLive(!live),
    },
    { words: "Cancel training", group: "Result", possible: !idle, run: () => void editor.cancelJob() },
    {
      words: "Features and training settings",
      group: "Result",
      possible: true,
      run: () => useUi.getState().openSheet({ kind: "settings" }),
    },
    {
      words: postProcess ? "Post-process: turn off" : "Post-process: turn on",
      group: "Result",
      key: "postProcess",
      possible: complete || postProcess,
      run: () => editor.set({ postProcess: !postProcess }),
    },
    {
      words: "Measure the segmentation…",
      group: "Result",
      possible: complete,
      run: () => useUi.getState().openSheet({ kind: "measure" }),
    },
    {
      words: "Check by points…",
      group: "Result",
      possible: complete,
      run: () => useUi.getState().openSheet({ kind: "pointCheck" }),
    },
    {
      words: "Clean up the segmentation…",
      group: "Result",
      possible: complete,
      run: useUi.getState().showCleanUp,
    },
    { words: "Load classifier…", group: "Result", possible: true, run: () => void loadClassifier(editor) },
  ];
}

function saveCommands(editor: Editor): Command[] {
  const { labelledPixels, project, result } = editor.store.getState();
  const complete = result?.state === "complete";
  const save = (words: string, what: Parameters<Editor["download"]>[0], possible: boolean): Command => ({
    words,
    group: "Result",
    possible,
    run: () => void editor.download(what, "ids"),
  });
  return [
    save("Save segmentation", "segmentation", complete),
    save("Save labels", "labels", labelledClassCount(labelledPixels) > 0),
    save("Save uncertainty", "uncertainty", complete),
    save("Save probabilities", "probabilities", complete),
    save("Save classifier", "classifier", Boolean(project?.classifier)),
  ];
}

function contentCommands(editor: Editor): Command[] {
  const { isLocal } = useServerMode.getState();
  const add = (words: string, possible: boolean, way: (destination: Destination) => unknown): Command => ({
    words,
    group: "Project",
    possible: possible && intoOpenProject(editor) !== null,
    run: () => {
      const project = intoOpenProject(editor);
      if (project) void way(project);
    },
  });
  return [
    { words: "Rename project", group: "Project", possible: true, run: useUi.getState().requestRename },
    add("Add images…", true, chooseFiles),
    add("Add a folder of images…", true, chooseFolder),
    add("Add images from this computer…", isLocal, browseThisComputer),
    {
      words: "Images of this project",
      group: "Project",
      possible: true,
      run: () => useUi.getState().openSheet({ kind: "images" }),
    },
    {
      words: "Share in the gallery…",
      group: "Project",
      possible: true,
      run: () => useUi.getState().openSheet({ kind: "share" }),
    },
  ];
}

function projectCommands(): Command[] {
  const { isLocal } = useServerMode.getState();
  const bring = (words: string, possible: boolean, way: (destination: Destination) => unknown): Command => ({
    words,
    group: "Project",
    possible,
    run: () => void way(AS_NEW_PROJECT),
  });
  return [
    bring("Open other images…", true, chooseFiles),
    bring("Open a folder…", true, chooseFolder),
    bring("Open from this computer…", isLocal, browseThisComputer),
    { words: "All projects", group: "Project", possible: true, run: () => goTo({ screen: "home" }) },
    { words: "Gallery", group: "Project", possible: true, run: () => goTo({ screen: "gallery", query: "" }) },
  ];
}

function helpCommands(): Command[] {
  const { openSheet, openDialog, startTour } = useUi.getState();
  const { choose } = useScheme.getState();
  return [
    { words: "Manual", group: "Help", possible: true, run: () => openSheet({ kind: "manual", page: "" }) },
    { words: "Keyboard", group: "Help", key: "help", possible: true, run: () => openDialog("keys") },
    { words: "Tour in five steps", group: "Help", possible: true, changes: true, run: startTour },
    { words: "Appearance: as the system", group: "Help", possible: true, run: () => choose("system") },
    { words: "Appearance: light", group: "Help", possible: true, run: () => choose("light") },
    { words: "Appearance: dark", group: "Help", possible: true, run: () => choose("dark") },
  ];
}

/** Commands that hold all typed words, in any order; those that begin with the text come first. */
export function matching(commands: readonly Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0] ?? "";
  const holds = ({ words: name, group }: Command): boolean => {
    const haystack = `${name} ${group}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  };
  const begins = ({ words: name }: Command): number => (name.toLowerCase().startsWith(first) ? 0 : 1);
  return commands.filter(holds).toSorted((a, b) => begins(a) - begins(b));
}
