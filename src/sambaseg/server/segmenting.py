"""Filling the result of an image tile by tile, while its followers are told: what all jobs have in common."""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import Progress, ReportProgress
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.store import ProjectStore
from sambaseg.server.events import EventHub
from sambaseg.server.jobs import Job
from sambaseg.server.kernels import part_for
from sambaseg.server.present import present_result
from sambaseg.server.schemas import EventBody, TileIndex
from sambaseg.server.services import Services

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.forest.classifier import Classifier
    from sambaseg.pipeline.apply import TileSequence, Window
    from sambaseg.pipeline.bin_cache import KeptBins
    from sambaseg.pipeline.memory import MemoryBudget

SECONDS_BETWEEN_TILES = 0.1
"""Followers hear of new tiles ten times a second at most."""


@dataclass(frozen=True)
class Filling:
    """One image of a project whose result is filled by a job, on `threads` threads."""

    job: Job
    store: ProjectStore
    services: Services
    image: int
    threads: int

    def fill(
        self,
        writer: ResultWriter,
        classifier: Classifier,
        tiles: TileSequence,
        *,
        kept: KeptBins | None = None,
        wanted_again: Container[tuple[int, int]] = (),
        windows: Mapping[tuple[int, int], Window] | None = None,
        seconds_between_news: float = SECONDS_BETWEEN_TILES,
        progress: ReportProgress | None = None,
    ) -> None:
        """Compute these tiles into the result; `kept`, `wanted_again` and `windows` are as in `apply_classifier`.

        Raises CancelledError, and the named errors of an image that cannot be read or does not fit the classifier.
        """
        from sambaseg.forest.uncertainty import uncertainty_as_bytes
        from sambaseg.pipeline.apply import apply_classifier

        news = TileNews(
            self.services.events, self.store.id, writer.id, self.image, seconds_between=seconds_between_news
        )

        def take(
            ty: int, tx: int, classes_yx: NDArray[np.uint8], uncertainty_yx: NDArray[np.float32], _: object
        ) -> None:
            window = windows.get((ty, tx)) if windows else None
            if window is None:
                writer.write_tile(ty, tx, classes_yx, uncertainty_as_bytes(uncertainty_yx))
            else:
                corner = window[0].start, window[1].start
                writer.write_part(ty, tx, corner, classes_yx, uncertainty_as_bytes(uncertainty_yx))
            news.add(ty, tx)

        try:
            apply_classifier(
                classifier,
                self.store.micrograph(self.image, stop=lambda: self.job.token.cancelled),
                sink=take,
                tile_order=tiles,
                threads=self.threads,
                kept=kept,
                wanted_again=wanted_again,
                windows=windows,
                progress=progress,
                cancelled=self.job.token,
            )
        finally:
            news.flush()
        self.job.token.raise_if_cancelled()

    def tell_result(self) -> None:
        """Tell the result as the image has it now; see `tell_result`."""
        tell_result(self.store, self.services, self.image)


class TileNews:
    """Tells followers which tiles of a result are new, several at a time."""

    def __init__(
        self,
        events: EventHub,
        project_id: str,
        result_id: str,
        image: int,
        *,
        seconds_between: float = SECONDS_BETWEEN_TILES,
    ) -> None:
        self._events = events
        self._project_id = project_id
        self._result_id = result_id
        self._image = image
        self._seconds_between = seconds_between
        self._lock = threading.Lock()
        self._new: list[TileIndex] = []
        self._told = 0.0

    def add(self, ty: int, tx: int) -> None:
        """Note a tile, from any thread; it is told at once or with those that follow within the time between."""
        with self._lock:
            self._new.append(TileIndex(ty=ty, tx=tx))
            due = time.monotonic() - self._told >= self._seconds_between
        if due:
            self.flush()

    def flush(self) -> None:
        """Tell what was noted."""
        with self._lock:
            tiles, self._new, self._told = self._new, [], time.monotonic()
        if tiles:
            body = EventBody(tiles=tiles, result_id=self._result_id, image=self._image)
            self._events.publish(self._project_id, "tiles", body)


def tell_result(store: ProjectStore, services: Services, image: int) -> None:
    """Tell followers the result as an image has it now: the running one, else the newest complete one."""
    result = store.result(image)
    if result is not None:
        services.events.publish(store.id, "result", EventBody(result=present_result(result)))


def classifier_id_of(classifier: Classifier) -> str:
    """Return what names a classifier by what it predicts, however its segmentations are cleaned up."""
    from sambaseg.forest.classifier_file import classifier_digest

    return classifier_digest(replace(classifier, cleaning=()))


def classes_of(classifier: Classifier) -> tuple[LabelClass, ...]:
    """Return a classifier's classes as a result keeps them."""
    return tuple(LabelClass(entry.id, entry.name, entry.colour) for entry in classifier.classes)


def wait_for_kernels(job: Job, services: Services, recipe: FeatureRecipe) -> None:
    """Return when the kernels that this recipe needs are compiled. Raises CancelledError."""
    part = part_for(recipe.families)
    if not services.kernels.has(part):
        job.report("Preparing (first start only)…", 0.0)
        services.kernels.wait(part, stop=lambda: job.token.cancelled)
    job.token.raise_if_cancelled()


def budget_of(services: Services) -> MemoryBudget:
    """Return the memory that jobs and prepared views share."""
    from sambaseg.pipeline.memory import MemoryBudget

    settings = services.settings
    return MemoryBudget.of_megabytes(settings.memory_mb, elsewhere_mb=settings.prepared_mb)


def part_of(job: Job, first: float, last: float) -> ReportProgress:
    """Return what takes the reports of a part of the job that goes from `first` to `last` of all."""

    def report(progress: Progress) -> None:
        job.report(progress.stage, first + (last - first) * progress.fraction)

    return report
