"""How quickly the server follows a change of the labels: from the change to the tiles that are told, without a browser.

usage: python bench/live_engine.py [--size 4096] [--labels 5000] [--strokes 30] [--threads N] [--json FILE]

A sample micrograph is mirrored to the size; strokes of three phases, which the smoothed image decides, are labelled
in the viewport of about a megapixel in the middle (1280 x 800 px at 100 %). Then one stroke after the other is saved
to the project as a page does it, and the live segmentation told of it. Measured from there: the first event that tells
of a changed tile, all tiles in view told by the preview, all tiles in view told by the whole forest. The next stroke
comes half a second after that, while the rest of the image is being computed. Beside it stands what one Train without
anything kept takes until the same tiles are told.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from sambaseg.images.micrograph import Micrograph
from sambaseg.images.reader import read_image
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.runs import TileRuns, encode_runs
from sambaseg.project.new_image import NewImage
from sambaseg.project.operations import Operation
from sambaseg.project.store import ProjectStore
from sambaseg.samples import find_sample
from sambaseg.server.events import EventHub
from sambaseg.server.live import Live
from sambaseg.server.schemas import EventBody, Viewport
from sambaseg.server.services import Services
from sambaseg.server.tile_order import tiles_in_view
from sambaseg.server.training import training_work
from sambaseg.settings import Settings, default_threads

VIEW_HEIGHT, VIEW_WIDTH = 800, 1280
TILE_PX = 256


class Clocked(EventHub):
    """A hub that notes when each tile is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, tuple[int, int]]] = []
        self.changed = threading.Condition()

    def publish(self, project_id: str, name: Any, body: EventBody) -> None:
        """Note tiles and the ends of jobs."""
        if name == "tiles":
            now = time.perf_counter()
            with self.changed:
                self.told += [(now, (tile.ty, tile.tx)) for tile in body.tiles or []]
                self.changed.notify_all()
        super().publish(project_id, name, body)

    def wait_for(self, tiles: set[tuple[int, int]], times: int, seconds: float = 60.0) -> float:
        """Return when each of `tiles` had been told so often."""
        with self.changed:
            assert self.changed.wait_for(lambda: self._when(tiles, times) is not None, seconds), "waited in vain"
            when = self._when(tiles, times)
        assert when is not None
        return when

    def _when(self, tiles: set[tuple[int, int]], times: int) -> float | None:
        counts = dict.fromkeys(tiles, 0)
        missing = len(tiles)
        for when, tile in self.told:
            if tile in counts:
                counts[tile] += 1
                missing -= counts[tile] == times
                if missing == 0:
                    return when
        return None


def mirrored(size: int) -> np.ndarray:
    """Return the sample "coating" mirrored to `size` pixels a side, uint8."""
    pixels_yx = np.asarray(read_image(find_sample("coating").path).pixels_cyx[0])
    while min(pixels_yx.shape) < size:
        pixels_yx = np.concatenate([pixels_yx, pixels_yx[::-1]], axis=0)
        pixels_yx = np.concatenate([pixels_yx, pixels_yx[:, ::-1]], axis=1)
    return np.ascontiguousarray(pixels_yx[:size, :size])


class Person:
    """Labels strokes of the phase that is under the mouse."""

    def __init__(self, store: ProjectStore, pixels_yx: np.ndarray, view: Viewport) -> None:
        from scipy import ndimage

        smooth_yx = ndimage.gaussian_filter(pixels_yx.astype(np.float32), 4)
        self._phases_yx = (np.digitize(smooth_yx, np.quantile(smooth_yx[::8, ::8], [0.4, 0.8])) + 1).astype(np.uint8)
        self._store = store
        self._view = view
        self._rng = np.random.default_rng(0)
        self._seq = 0
        classes = tuple(LabelClass(n, f"Phase {n}", f"#{n * 40:02x}8080") for n in (1, 2, 3))
        store.apply(self._operation("classes", classes=classes))

    def stroke(self, px: int = 160) -> None:
        """Label a stroke of 6 rows somewhere in view, as the phase in its middle."""
        rows, columns = 6, px // 6
        top = int(self._rng.integers(self._view.top, self._view.bottom - rows))
        left = int(self._rng.integers(self._view.left, self._view.right - columns))
        tiles = []
        for ty in {top // TILE_PX, (top + rows - 1) // TILE_PX}:
            for tx in {left // TILE_PX, (left + columns - 1) // TILE_PX}:
                y, x = top - ty * TILE_PX, left - tx * TILE_PX
                mask_yx = np.zeros((TILE_PX, TILE_PX), np.bool_)
                mask_yx[max(y, 0) : max(y + rows, 0), max(x, 0) : max(x + columns, 0)] = True
                tiles.append(TileRuns(ty, tx, encode_runs(mask_yx)))
        phase = int(self._phases_yx[top + rows // 2, left + columns // 2])
        self._store.apply(self._operation("paint", class_id=phase, tiles=tuple(tiles)))

    def _operation(self, kind: Any, **fields: Any) -> Operation:
        self._seq += 1
        revision = self._store.history().revision
        return Operation(client_id="benchmark", client_seq=self._seq, base_revision=revision, kind=kind, **fields)


def measure(folder: Path, size: int, labels: int, strokes: int, threads: int) -> dict[str, Any]:
    """Return the milliseconds of each stroke, and of one Train."""
    services = Services(Settings(data_dir=folder, threads=threads))
    services.events = hub = Clocked()
    services.jobs._events = hub
    services.kernels.prepare()
    services.kernels.wait(stop=lambda: False)
    pixels_yx = mirrored(size)
    micrograph = Micrograph.from_array(pixels_yx, name="mirrored.tif")
    store = services.workspace.create_project([NewImage.of(micrograph, Path(__file__))], name="Live")
    top, left = (size - VIEW_HEIGHT) // 2, (size - VIEW_WIDTH) // 2
    view = Viewport(top=top, left=left, bottom=top + VIEW_HEIGHT, right=left + VIEW_WIDTH)
    seen = set(tiles_in_view(size, size, view))
    person = Person(store, pixels_yx, view)
    while sum(store.labels().counts("labels").values()) < labels:
        person.stroke()
    live = Live(services)
    live.set(store, True, 0, view)
    hub.wait_for(seen, 2)
    rows: list[dict[str, float]] = []
    for _ in range(strokes):
        time.sleep(0.5)
        person.stroke()
        with hub.changed:
            hub.told.clear()
        began = time.perf_counter()
        live.labels_changed(store)
        answered = time.perf_counter()
        final, preview, first = hub.wait_for(seen, 2), hub.wait_for(seen, 1), hub.told[0][0]
        row = {"answer": answered, "first tile": first, "preview in view": preview, "final in view": final}
        rows.append({name: (when - began) * 1e3 for name, when in row.items()})
    live.set(store, False, 0, None)
    services.jobs.end_project(store.id)
    with hub.changed:
        hub.told.clear()
    began = time.perf_counter()
    services.jobs.start(store.id, "train", training_work(store, services, viewport=view))
    train = (hub.wait_for(seen, 1) - began) * 1e3
    labelled = sum(store.labels().counts("labels").values())
    live.stop()
    services.close()
    return {"strokes": rows, "train": train, "labelled": labelled, "tiles": len(seen)}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096, help="pixels a side (default 4096)")
    parser.add_argument("--labels", type=int, default=5000, help="labelled pixels to begin with (default 5000)")
    parser.add_argument("--strokes", type=int, default=30, help="strokes that are measured (default 30)")
    parser.add_argument("--threads", type=int, default=default_threads(), help="threads (default: one a core)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        figures = measure(Path(folder), options.size, options.labels, options.strokes, options.threads)
    print(
        f"live, {options.size} x {options.size}, {figures['labelled']} labelled px, {figures['tiles']} tiles in view, "
        f"{options.threads} threads, {options.strokes} strokes (ms)"
    )
    for name in figures["strokes"][0]:
        values = [row[name] for row in figures["strokes"]]
        print(f"{name:18} p50 {np.percentile(values, 50):6.0f}   p95 {np.percentile(values, 95):6.0f}")
    print(f"{'Train, in view':18}     {figures['train']:6.0f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
