"""What jobs need of a server, without one: projects, events that are kept, and a person who labels."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from sambaseg.forest.uncertainty import uncertainty_as_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.runs import TileRuns, encode_runs
from sambaseg.pipeline.apply import segment
from sambaseg.project.new_image import NewImage
from sambaseg.project.operations import Operation
from sambaseg.project.workspace import Workspace
from sambaseg.server.events import EventHub
from sambaseg.server.jobs import JobRunner
from sambaseg.settings import Settings

RECIPE = {"families": ["identity", "gaussian"], "scales_px": [1.0, 3.0], "sigma_convention": "sigma"}
TRAINING = {"points": 50_000, "balance": "balanced", "trees": 50, "depth": 8, "seed": 0}


class KeepingHub(EventHub):
    """A hub that keeps what is published."""

    def __init__(self):
        super().__init__()
        self.published = []
        self.changed = threading.Condition()

    def publish(self, project_id, name, body):
        del project_id
        with self.changed:
            self.published.append((name, body))
            self.changed.notify_all()

    def of(self, name):
        with self.changed:
            return [body for kind, body in self.published if kind == name]

    def tiles(self):
        """Return (result, image, ty, tx) of all tiles told, in order."""
        return [(body.result_id, body.image, tile.ty, tile.tx) for body in self.of("tiles") for tile in body.tiles]

    def wait_for(self, condition, seconds=30.0):
        """Wait until a condition holds after some event."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), "waited in vain"


class Desk:
    """Services that jobs use, on a folder of their own."""

    def __init__(self, folder, *, memory_mb=4096, threads=2):
        self.settings = Settings(data_dir=folder, threads=threads, memory_mb=memory_mb)
        self.events = KeepingHub()
        self.jobs = JobRunner(self.events)
        self.kernels = SimpleNamespace(has=lambda *_: True)
        self.suggestions = SimpleNamespace(prepare_ahead=lambda *_: None)
        self.workspace = Workspace(folder)

    def project(self, *pixels, kind=None):
        """Make a project of images (H, W) with a small recipe and forest."""
        images = [
            NewImage.of(Micrograph.from_array(each, name=f"{n}.tif"), Path(__file__)) for n, each in enumerate(pixels)
        ]
        store = self.workspace.create_project(images, name="a", kind=kind)
        store.set_settings({"recipe": RECIPE, "training": TRAINING})
        return store

    def wait(self, project_id, seconds=60.0):
        """Wait until nothing of the project runs; return its last job."""
        while (job := self.jobs.running(project_id)) is not None:
            assert self.jobs._job(job.id).ended.wait(seconds), "waited in vain"
        return self.events.of("job")[-1].job if self.events.of("job") else None

    def close(self):
        self.jobs.stop()
        self.jobs.wait()
        self.workspace.close()


@contextlib.contextmanager
def desk_on(folder, **options):
    """Yield a desk that is closed in the end."""
    desk = Desk(folder, **options)
    try:
        yield desk
    finally:
        desk.close()


class Labeller:
    """Paints rectangles, one operation each."""

    def __init__(self, store, client_id="person-1"):
        self._store = store
        self._client_id = client_id
        self._seq = 0

    def paint(self, class_id, top, left, bottom, right, *, image=0):
        tiles = []
        for ty in range(top // 256, (bottom - 1) // 256 + 1):
            for tx in range(left // 256, (right - 1) // 256 + 1):
                mask_yx = np.zeros((256, 256), np.bool_)
                y, x = ty * 256, tx * 256
                mask_yx[max(top - y, 0) : max(bottom - y, 0), max(left - x, 0) : max(right - x, 0)] = True
                tiles.append(TileRuns(ty, tx, encode_runs(mask_yx)))
        return self.step("paint", class_id=class_id, tiles=tuple(tiles), overwrite=True, image=image)

    def step(self, kind, **fields):
        self._seq += 1
        revision = self._store.history().revision
        return self._store.apply(
            Operation(client_id=self._client_id, client_seq=self._seq, base_revision=revision, kind=kind, **fields)
        )


def two_phases(height=520, width=600, seed=0):
    """Return an image (H, W) of two phases, dark left and bright right, with noise."""
    noise = np.random.default_rng(seed).integers(0, 90, (height, width))
    return (noise + np.where(np.arange(width) < width // 2, 40, 90)).astype(np.uint8)


def result_of(store, image=0):
    """Return classes and uncertainty (H, W) of an image's complete result, and what is known of it."""
    info = store.complete_result(image)
    described = store.image(image)
    found = []
    for layer in ("segmentation", "uncertainty"):
        whole_yx = np.zeros((described.height, described.width), np.uint8)
        for ty in range(-(-described.height // 256)):
            for tx in range(-(-described.width // 256)):
                tile_yx = store.read_result_tile(info.id, layer, 0, ty, tx)
                whole_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256] = tile_yx
        found.append(whole_yx)
    return *found, info


def same_as_segmented(store, classifier, image=0):
    """Return whether an image's complete result is what the classifier gives of the whole image at once."""
    classes_yx, uncertainty_yx, _ = result_of(store, image)
    whole = segment(classifier, store.micrograph(image))
    return np.array_equal(classes_yx, whole.classes_yx) and np.array_equal(
        uncertainty_yx, uncertainty_as_bytes(whole.uncertainty_yx)
    )
