// Shows on the canvas what steps of cleaning would make of the result, as long as a panel asks for it: follows the image
// that is shown and its newest result, and tells why nothing can be shown.

import type { StoreApi } from "zustand/vanilla";
import { fetchCleaningPreview, MOST_PREVIEW_TILES } from "../api/cleaning";
import { ApiError } from "../api/error";
import { fetchResultTiles, MOST_RESULT_TILES } from "../api/tiles";
import type { TileGrid } from "../canvas/grid";
import type { Stage } from "../canvas/stage";
import type { BatchSource, TileStore } from "../canvas/tileStore";
import type { EditorState } from "../state/contract";
import { showingSegmentation } from "../state/overlayViews";

export interface PreviewHost {
  store: StoreApi<EditorState>;
  stage: Stage;
}

export class CleaningPreview {
  readonly #host: PreviewHost;
  #tiles: TileStore | null = null;

  constructor(host: PreviewHost) {
    this.#host = host;
    host.store.subscribe((state, before) => {
      const isSame = state.image === before.image && keyOf(state) === keyOf(before);
      if (!isSame) this.#follow(before.image === state.image);
    });
  }

  /** Steps as text, "" for the classes as predicted; null shows the result as it is. */
  show(steps: string | null): void {
    if (steps === null) this.#host.store.setState({ cleaningPreview: null });
    else
      this.#host.store.setState(({ overlayView }) => ({
        cleaningPreview: { steps, problem: null },
        overlayView: showingSegmentation(overlayView),
      }));
  }

  /** Whether tiles of the preview failed, which is told beside the steps then. */
  failed(tiles: TileStore, failure: unknown): boolean {
    const { cleaningPreview } = this.#host.store.getState();
    if (tiles !== this.#tiles || !cleaningPreview) return false;
    const problem = failure instanceof ApiError ? `${failure.message} ${failure.hint}` : String(failure);
    this.#host.store.setState({ cleaningPreview: { ...cleaningPreview, problem } });
    return true;
  }

  #follow(isSameImage: boolean): void {
    const { store, stage } = this.#host;
    const { project, cleaningPreview, result, image } = store.getState();
    const { scene } = stage;
    if (!isSameImage) this.#tiles = null;
    if (!scene) return;
    const isPossible = project && cleaningPreview && result?.state === "complete";
    if (!isPossible) {
      scene.results.preview(null);
      this.#tiles = null;
    } else {
      const asked = { projectId: project.id, image, resultId: result.predicted_id, steps: cleaningPreview.steps };
      const { most, load } = asked.steps === "" ? predicted(asked, scene.grid) : cleaned(asked, scene.grid);
      this.#tiles = scene.results.preview({
        most,
        load: async (tiles, signal) => {
          const found = await load(tiles, signal);
          this.#arrived();
          return found;
        },
      });
    }
    stage.requestFrame();
    stage.fetchNow();
  }

  #arrived(): void {
    const { cleaningPreview } = this.#host.store.getState();
    if (cleaningPreview?.problem) {
      this.#host.store.setState({ cleaningPreview: { ...cleaningPreview, problem: null } });
    }
  }
}

type Asked = Parameters<typeof fetchCleaningPreview>[0];

const cleaned = (asked: Asked, grid: TileGrid): BatchSource => ({
  most: MOST_PREVIEW_TILES,
  load: (tiles, signal) => fetchCleaningPreview(asked, tiles, (at) => grid.pixelsOf(at), signal),
});

/** The classes alone of tiles that have uncertainty as well. */
const predicted = ({ projectId, resultId }: Asked, grid: TileGrid): BatchSource => ({
  most: MOST_RESULT_TILES,
  load: async (tiles, signal) => {
    const found = await fetchResultTiles(projectId, resultId, tiles, (at) => grid.pixelsOf(at), signal);
    return found.map((pixels) => pixels.slice(0, pixels.byteLength / 2));
  },
});

/** What a preview is made of. */
const keyOf = ({ cleaningPreview, result }: EditorState): string | null =>
  cleaningPreview && `${cleaningPreview.steps} ${result?.predicted_id} ${result?.state}`;
