// @vitest-environment jsdom
import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { createStore } from "zustand/vanilla";
import type { Editor, Project } from "../state/contract";
import { createEditor } from "../state/editor";
import { KEYS } from "../tools/keys";
import { type Command, commandsOf, matching } from "./commands";

const editorWith = (state: Partial<ReturnType<Editor["store"]["getState"]>>): Editor => {
  const editor = createEditor();
  return { ...editor, store: createStore(() => ({ ...editor.store.getState(), ...state })) };
};
const named = (commands: Command[], words: string): Command | undefined =>
  commands.find((command) => command.words === words);

describe("commandsOf", () => {
  it("names each command once", () => {
    const words = commandsOf(createEditor()).map((command) => command.words);
    expect(new Set(words).size).toBe(words.length);
  });

  it("covers every key that does something once", () => {
    // These need the mouse's place, repeat while held, or belong to what is being drawn.
    const gestures = ["chooseClass", "narrower", "wider", "close", "removeLast", "cancel", "holdPan", "commands"];
    const pans = ["panUp", "panLeft", "panDown", "panRight", "overlay"];
    // These answer the question that is asked at the moment.
    const answers = ["answerClass", "answerUnsure", "pointBefore", "stopChecking"];
    const keys = commandsOf(createEditor()).map((command) => command.key);
    for (const { id } of KEYS) {
      if (![...gestures, ...pans, ...answers].includes(id)) expect(keys, id).toContain(id);
    }
  });

  it("offers nothing that changes a project to those who may only look at it", () => {
    const project = { access: "viewer", classes: [] } as unknown as Project;
    const words = commandsOf(editorWith({ project })).map((command) => command.words);
    expect(words).toEqual(expect.arrayContaining(["Move the image", "Crop", "Zoom in", "Save segmentation", "Manual"]));
    for (const refused of [
      "Brush",
      "Undo",
      "Train",
      "Check by points…",
      "Add class",
      "Rename project",
      "Share in the gallery…",
    ]) {
      expect(words).not.toContain(refused);
    }
  });

  it("offers training only with labels of two classes", () => {
    expect(named(commandsOf(editorWith({ labelledPixels: { 1: 9 } })), "Train")?.possible).toBe(false);
    expect(named(commandsOf(editorWith({ labelledPixels: { 1: 9, 2: 9 } })), "Train")?.possible).toBe(true);
  });
});

describe("matching", () => {
  const commands = commandsOf(createEditor());
  it("finds words in any order", () =>
    expect(matching(commands, "labels save").map(({ words }) => words)).toEqual(["Save labels"]));
  it("puts what begins with the text first", () => expect(matching(commands, "zoom")[0]?.words).toMatch(/^Zoom/));
  it("keeps all without text", () => expect(matching(commands, " ")).toHaveLength(commands.length));
});
