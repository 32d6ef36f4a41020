// "Where next": asks the server for the places that are worth a label, goes to them one by one, and marks the present
// one. The list holds until the classifier has learned something new; the mark goes when somebody labels.

import type { StoreApi } from "zustand/vanilla";
import { getWhereNext } from "../api/guidance";
import type { Stage } from "../canvas/stage";
import type { EditorState, Schemas } from "../state/contract";
import type { Notices } from "../state/notices";
import { drawRing, viewOfPlace } from "./ring";

export interface WhereNextHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  stage: Pick<Stage, "view" | "setView" | "requestFrame">;
  /** Resolves when the server has all labels. */
  stored(projectId: string): Promise<void>;
  showImage(image: number): Promise<void>;
}

type LabelPlace = Schemas["LabelPlace"];

export class WhereNext {
  readonly #host: WhereNextHost;
  /** The results are other ones than those that the list was made from. */
  #isStale = true;
  /** Where one is in the list, also while nothing is marked. */
  #at = -1;
  #asked = 0;

  constructor(host: WhereNextHost) {
    this.#host = host;
    host.store.subscribe((state, before) => {
      if (state.project?.id !== before.project?.id || hasLearned(state, before)) this.#isStale = true;
      if (state.labelledPixels !== before.labelledPixels && hasMoreOrFewer(state, before)) this.leave();
    });
  }

  /** Goes so many places further; begins anew where the classifier has learned since. */
  async go(step: 1 | -1): Promise<void> {
    const { project, result, images } = this.#host.store.getState();
    if (!project) return;
    if (result === null && images.every((image) => image.result === "none")) {
      const hint = "Mark some pixels of two classes and train; then ask again where to go next.";
      this.#host.notices.show("canvas", "info", "Nothing is segmented yet.", hint);
      return;
    }
    const places = this.#isStale ? await this.#ask(project.id) : this.#places();
    if (!places) return;
    if (places.length === 0) {
      const hint = "Look over the segmentation yourself, or correct it where it is wrong.";
      this.#host.notices.show("canvas", "info", "The classifier is sure of nearly everything.", hint);
      return;
    }
    const from = this.#at < 0 && step < 0 ? 0 : this.#at;
    await this.show((from + step + places.length) % places.length);
  }

  /** Marks one place of the list and moves the view there, on another image where it lies there. */
  async show(at: number): Promise<void> {
    const place = this.#places()?.[at];
    if (!place) return;
    this.#at = at;
    const asked = ++this.#asked;
    if (place.image !== this.#host.store.getState().image) await this.#host.showImage(place.image);
    if (asked !== this.#asked || this.#host.store.getState().image !== place.image) return;
    this.#host.store.setState(({ whereNext }) => ({ whereNext: whereNext && { ...whereNext, at } }));
    this.#host.stage.setView(viewOfPlace(this.#host.stage.view, place));
  }

  leave(): boolean {
    const { whereNext } = this.#host.store.getState();
    if (whereNext === null || whereNext.at === null) return false;
    this.#host.store.setState({ whereNext: { ...whereNext, at: null } });
    this.#host.stage.requestFrame("preview");
    return true;
  }

  draw(canvas: CanvasRenderingContext2D): void {
    const { whereNext, image } = this.#host.store.getState();
    const place = whereNext?.places[whereNext.at ?? -1];
    if (place && place.image === image) drawRing(canvas, this.#host.stage.view, place);
  }

  #places(): readonly LabelPlace[] | undefined {
    return this.#host.store.getState().whereNext?.places;
  }

  /** The places as they are now; undefined where there are none to be had, with a notice, or others were asked for. */
  async #ask(projectId: string): Promise<readonly LabelPlace[] | undefined> {
    const asked = ++this.#asked;
    const isStill = (): boolean => asked === this.#asked && this.#host.store.getState().project?.id === projectId;
    this.#host.notices.clear("canvas");
    try {
      await this.#host.stored(projectId);
      const { image } = this.#host.store.getState();
      this.#isStale = false;
      const { places } = await getWhereNext(projectId, image);
      if (!isStill()) return undefined;
      this.#at = -1;
      this.#host.store.setState({ whereNext: { places, at: null } });
      return places;
    } catch (failure) {
      this.#isStale = true;
      if (isStill()) this.#host.notices.report("canvas", failure);
      return undefined;
    }
  }
}

/** The segmentation of the image that is shown is another one. */
function hasLearned(state: EditorState, before: EditorState): boolean {
  const [now, then] = [state.result, before.result];
  if (state.image !== before.image || now === then) return false;
  return now?.id !== then?.id || now?.revision !== then?.revision || now?.state !== then?.state;
}

/** Labels were drawn or taken away, on any image. */
function hasMoreOrFewer(state: EditorState, before: EditorState): boolean {
  const total = (counts: Record<number, number>): number =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);
  return state.project?.id === before.project?.id && total(state.labelledPixels) !== total(before.labelledPixels);
}
