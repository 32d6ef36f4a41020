// A context for tools in tests: a small image, a view of it, and a record of what the tool did.

import type { View } from "../canvas/view";
import type { AlikeProposals } from "../smart/labelAlike";
import type { Proposals } from "../smart/proposals";
import type { Prompt, Suggestion } from "../smart/suggestion";
import type { Suggestions } from "../smart/suggestions";
import type { EditorState } from "../state/contract";
import { initialState } from "../state/initialState";
import type { CropRectangle, Drawing, PointerInput, TilePixels, ToolContext } from "../tools/tool";

export class TestContext implements ToolContext {
  state: EditorState = { ...initialState(), brushRadiusPx: 2 };
  readonly image = { width: 300, height: 280 };
  readonly view: View = { x: 150, y: 140, zoom: 1, width: 300, height: 280 };
  pointer: PointerInput | null = null;
  /** Steps that were made: what kind, and the pixels as "x y". */
  readonly steps: { kind: "paint" | "erase"; pixels: Set<string> }[] = [];
  cancelled = 0;
  pans: [number, number][] = [];
  notices: string[] = [];
  redraws = 0;
  /** Grey values of the image. */
  grey: (x: number, y: number) => number = () => 0;
  refusesToDraw = false;
  readonly smart = new TestSuggestions();
  readonly alike = new TestProposals();

  draw(kind: "paint" | "erase"): Drawing | null {
    if (this.refusesToDraw) return null;
    const pixels = new Set<string>();
    return {
      coverRow: (y, x0, x1) => {
        for (let x = x0; x < x1; x++) pixels.add(`${x} ${y}`);
      },
      coverTile: ({ ty, tx, mask }) => {
        mask.forEach((inside, at) => {
          if (inside) pixels.add(`${tx * 256 + (at & 255)} ${ty * 256 + (at >> 8)}`);
        });
      },
      end: () => this.steps.push({ kind, pixels }),
      cancel: () => {
        this.cancelled++;
      },
    };
  }

  async tilePixels(ty: number, tx: number): Promise<TilePixels> {
    const width = Math.min(256, this.image.width - tx * 256);
    const height = Math.min(256, this.image.height - ty * 256);
    const shown = Uint8Array.from({ length: width * height }, (_, at) =>
      this.grey(tx * 256 + (at % width), ty * 256 + Math.floor(at / width)),
    );
    return { width, height, shown: [shown], drawn: null };
  }

  panBy(dx: number, dy: number): void {
    this.pans.push([dx, dy]);
  }

  setCropRectangle(rectangle: CropRectangle | null): void {
    this.state = { ...this.state, cropRectangle: rectangle };
  }

  notify(_kind: "error" | "info", message: string): () => void {
    this.notices.push(message);
    return () => {
      this.notices = this.notices.filter((notice) => notice !== message);
    };
  }

  redraw(): void {
    this.redraws++;
  }
}

/** A pointer at an image position, which is the screen position too. */
export function pointerAt(x: number, y: number, extra: Partial<PointerInput> = {}): PointerInput {
  return { image: { x, y }, screen: { x, y }, shift: false, alt: false, button: "left", time: 0, ...extra };
}

/** Suggestions that the test makes up, and a record of what was asked. */
export class TestSuggestions implements Suggestions {
  shown: Suggestion | null = null;
  /** What is suggested for a prompt; null where nothing is. */
  suggest: (prompt: Prompt) => Suggestion | null = () => null;
  asked: Prompt[] = [];
  scales = 0;
  held: [number, boolean] = [0, false];
  /** Answers come when this is resolved. */
  answers: Promise<void> = Promise.resolve();

  ask(prompt: Prompt): boolean {
    this.asked.push(prompt);
    this.shown = this.suggest(prompt);
    return true;
  }

  drop(): void {
    this.shown = null;
  }

  async settled(): Promise<Suggestion | null> {
    await this.answers;
    return this.shown;
  }

  drawn(): void {}

  nextScale(): void {
    this.scales++;
  }

  hold(points: number, hasBox: boolean): void {
    this.held = [points, hasBox];
  }
}

/** Proposals that the test makes up. */
export class TestProposals implements AlikeProposals {
  shown: Proposals | null = null;

  show(proposals: Proposals | null): void {
    this.shown = proposals;
  }

  drop(): boolean {
    const wasShown = this.shown !== null;
    this.shown = null;
    return wasShown;
  }
}
