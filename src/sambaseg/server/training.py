"""What a training and a segmentation do, as work for `jobs`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import NotEnoughLabelsError, NotFoundError
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import Progress, ReportProgress
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.project.store import ProjectStore, TrainingInput
from sambaseg.server.events import EventHub
from sambaseg.server.jobs import Job, Work
from sambaseg.server.present import present_result, project_settings, recipe_of
from sambaseg.server.schemas import EventBody, TileIndex, Viewport
from sambaseg.server.services import Services
from sambaseg.server.tile_order import order_tiles

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

TRAINING_SHARE = 0.25
"""Of the time that a training takes, before the first tile is segmented; the rest is segmenting."""

SECONDS_BETWEEN_TILES = 0.1
"""Followers hear of new tiles ten times a second at most."""


def training_work(store: ProjectStore, services: Services, *, viewport: Viewport | None) -> Work:
    """Return the work that trains on the labels as they are now, and segments the image.

    Classifier and result take the place of the former ones at the very end; until then a failure changes nothing.
    Raises NotEnoughLabelsError unless two classes are labelled.
    """
    used = store.training_input()
    check_enough_labels(used.labels_yx, used.classes)
    settings = project_settings(store, services)
    recipe, training = recipe_of(settings.recipe), TrainingSettings(**settings.training.model_dump())

    def work(job: Job) -> None:
        _wait_for_kernels(job, services)
        from sambaseg.pipeline.train import train_classifier

        classifier = train_classifier(
            store.micrograph(),
            used.labels_yx,
            recipe,
            training,
            classes=used.classes,
            threads=services.settings.threads,
            progress=_part_of(job, 0.0, TRAINING_SHARE),
            cancelled=job.token,
        )
        run = _Segmenting(job, store, services, classifier, first=TRAINING_SHARE)
        run.segment(used, viewport, before_end=lambda: store.set_classifier(classifier, source="trained"))

    return work


def segmenting_work(store: ProjectStore, services: Services, *, viewport: Viewport | None) -> Work:
    """Return the work that segments the image with the project's classifier. Raises NotFoundError without one."""
    if store.classifier_file() is None:
        raise NotFoundError("This project has no classifier yet.", hint="Train one, or load a classifier file.")

    def work(job: Job) -> None:
        _wait_for_kernels(job, services)
        classifier = store.classifier()
        if classifier is None:
            raise NotFoundError("The project's classifier was taken away.", hint="Train one, or load a file.")
        _Segmenting(job, store, services, classifier, first=0.0).segment(None, viewport, before_end=lambda: None)

    return work


class _Segmenting:
    """Fills a new result of a project tile by tile, and tells its followers."""

    def __init__(
        self, job: Job, store: ProjectStore, services: Services, classifier: Classifier, *, first: float
    ) -> None:
        self._job = job
        self._store = store
        self._services = services
        self._classifier = classifier
        self._first = first

    def segment(self, used: TrainingInput | None, viewport: Viewport | None, *, before_end: Callable[[], None]) -> None:
        """Segment the image; `before_end` is called when all is computed and nothing is replaced yet."""
        from sambaseg.forest.uncertainty import uncertainty_as_bytes
        from sambaseg.pipeline.apply import apply_classifier

        store, job = self._store, self._job
        job.report("Segmenting", self._first)
        classes = tuple(LabelClass(entry.id, entry.name, entry.colour) for entry in self._classifier.classes)
        writer = store.begin_result(used, classes)
        job.writes_to(writer.id)
        self._tell_result()
        news = TileNews(self._services.events, store.id, writer.id)
        image = store.description().image

        def take(
            ty: int, tx: int, classes_yx: NDArray[np.uint8], uncertainty_yx: NDArray[np.float32], _: object
        ) -> None:
            writer.write_tile(ty, tx, classes_yx, uncertainty_as_bytes(uncertainty_yx))
            news.add(ty, tx)

        try:
            apply_classifier(
                self._classifier,
                store.micrograph(),
                sink=take,
                tile_order=order_tiles(image.height, image.width, viewport),
                threads=self._services.settings.threads,
                progress=_part_of(job, self._first, 1.0),
                cancelled=job.token,
            )
            job.token.raise_if_cancelled()
            before_end()
            writer.finish()
            self._services.suggestions.prepare_ahead(store)
        except BaseException:
            writer.cancel()
            raise
        finally:
            news.flush()
            self._tell_result()

    def _tell_result(self) -> None:
        """Tell the result as the project has it now: the running one, else the newest complete one."""
        result = self._store.result()
        if result is not None:
            self._services.events.publish(self._store.id, "result", EventBody(result=present_result(result)))


class TileNews:
    """Tells followers which tiles of a result are new, several at a time."""

    def __init__(self, events: EventHub, project_id: str, result_id: str) -> None:
        self._events = events
        self._project_id = project_id
        self._result_id = result_id
        self._lock = threading.Lock()
        self._new: list[TileIndex] = []
        self._told = 0.0

    def add(self, ty: int, tx: int) -> None:
        """Note a tile, from any thread; it is told at once or with those that follow within a tenth of a second."""
        with self._lock:
            self._new.append(TileIndex(ty=ty, tx=tx))
            due = time.monotonic() - self._told >= SECONDS_BETWEEN_TILES
        if due:
            self.flush()

    def flush(self) -> None:
        """Tell what was noted."""
        with self._lock:
            tiles, self._new, self._told = self._new, [], time.monotonic()
        if tiles:
            self._events.publish(self._project_id, "tiles", EventBody(tiles=tiles, result_id=self._result_id))


def _wait_for_kernels(job: Job, services: Services) -> None:
    if not services.kernels.ready:
        job.report("Preparing (first start only)…", 0.0)
        services.kernels.wait(stop=lambda: job.token.cancelled)
    job.token.raise_if_cancelled()


def _part_of(job: Job, first: float, last: float) -> ReportProgress:
    """Return what takes the reports of a part of the job that goes from `first` to `last` of all."""

    def report(progress: Progress) -> None:
        job.report(progress.stage, first + (last - first) * progress.fraction)

    return report


def check_enough_labels(labels_yx: NDArray[np.uint8], classes: Sequence[LabelClass]) -> None:
    """Raise NotEnoughLabelsError, naming what is missing, unless two classes are labelled."""
    counts = np.bincount(labels_yx.ravel(), minlength=256)
    labelled = [entry for entry in classes if counts[entry.id]]
    if len(labelled) >= 2:
        return
    if not labelled:
        raise NotEnoughLabelsError(
            "Nothing is labelled yet; training needs labels of two classes.",
            hint="Mark a few pixels of each class with the brush.",
        )
    others = [entry.name for entry in classes if not counts[entry.id]]
    missing = f"Mark a few pixels of {' or '.join(others[:3])} too." if others else "Add a second class and mark it."
    raise NotEnoughLabelsError(
        f"Only {labelled[0].name} is labelled; training needs labels of two classes.", hint=missing
    )
