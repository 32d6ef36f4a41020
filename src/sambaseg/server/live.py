"""Live segmentation: every change of the labels trains anew, and what the person looks at is segmented first.

An update is a job. A newer one cancels the older at once and goes on with its result, so that the page shows one
result through a chain of changes. An update trains a few trees and segments what is in view with them, then trains the
others and segments what is in view again, then the rest of the image by distance. The whole is cleaned up at its end,
where the project has steps for that. See decision 041.

Between updates, features of labelled pixels and bins of tiles are kept, within the budget of memory, as long as the
project is in use; bin edges are kept until the labels have doubled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sambaseg.errors import CancelledError
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.store import ProjectStore
from sambaseg.server.cleaning_up import clean_segmented, finish_cleaned, share_before_cleaning
from sambaseg.server.jobs import JOBS_AT_ONCE, Job
from sambaseg.server.schemas import Viewport
from sambaseg.server.segmenting import Filling, classes_of, classifier_id_of, part_of, wait_for_kernels
from sambaseg.server.tile_order import Tile, TileOrder, tiles_in_view, windows_in_view
from sambaseg.server.training import Training, prepare_training

if TYPE_CHECKING:
    from sambaseg.features.scaling import Scaling
    from sambaseg.forest.classifier import Classifier
    from sambaseg.pipeline.apply import Window
    from sambaseg.pipeline.bin_cache import BinCache
    from sambaseg.pipeline.memory import MemoryPlan
    from sambaseg.pipeline.sample_cache import SampleCache
    from sambaseg.server.services import Services

IDLE_SECONDS = 600.0
"""What is kept for a project goes when nothing was asked of it for so long."""
SECONDS_BETWEEN_TILES = 0.03
"""Followers hear of tiles in view as often as this: a page shows them as they come."""
TRAINING_SHARE, PREVIEW_SHARE = 0.1, 0.05
"""Parts of an update's progress."""


@dataclass(eq=False)
class _Kept:
    """What is kept between updates: see the module. ``trained`` is the classifier of a state of labels and settings."""

    samples: SampleCache
    bins: BinCache
    edges_of: Classifier | None = None
    scalings: dict[int, Scaling] = field(default_factory=dict)
    trained: tuple[Any, Classifier] | None = None

    @classmethod
    def within(cls, plan: MemoryPlan) -> _Kept:
        """Return empty caches of the sizes that the plan allows."""
        from sambaseg.pipeline.bin_cache import BinCache
        from sambaseg.pipeline.sample_cache import SampleCache

        return cls(SampleCache(plan.sample_cache_bytes), BinCache(plan.bin_cache_bytes))

    def remember_edges(self, classifier: Classifier) -> None:
        """Note a classifier whose bin edges were chosen anew."""
        former = self.edges_of
        if former is None or not np.array_equal(former.forest.edges_fb, classifier.forest.edges_fb):
            self.edges_of = classifier


@dataclass(eq=False)
class _Project:
    """A project that is live or was: what the person looks at, what is kept, and the update that runs."""

    image: int
    viewport: Viewport | None
    on: bool = True
    used: float = 0.0
    kept: _Kept | None = None
    writer: ResultWriter | None = None
    order: TileOrder | None = None


class Live:
    """All projects that are live. All methods may be called from any thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._projects: dict[str, _Project] = {}
        self._timer: threading.Timer | None = None

    def is_on(self, project_id: str) -> bool:
        """Return whether a project is live."""
        project = self._projects.get(project_id)
        return project is not None and project.on

    def set(self, store: ProjectStore, on: bool, image: int, viewport: Viewport | None) -> None:
        """Switch a project on or off, and say what the person looks at; may be called often.

        An update begins where the project was off, or where the person looks at another image now. An update that runs
        turns to the viewport at once; it goes on to its end where the project is switched off.
        """
        with self._lock:
            project = self._projects.get(store.id)
            if not on:
                if project is not None:
                    project.on = False
                return
            elsewhere = project is None or not project.on or project.image != image
            if project is None:
                project = self._projects[store.id] = _Project(image, viewport)
            project.on, project.image, project.viewport, project.used = True, image, viewport, time.monotonic()
            order = None if elsewhere else project.order
        if order is not None:
            order.look_at(viewport)
        if elsewhere and self._is_outdated(store, image):
            self._update(store, project)

    def labels_changed(self, store: ProjectStore) -> None:
        """Begin an update where the project is live; called after every step that changes labels.

        Nothing happens while fewer than two classes have labels, but that an older update ends.
        """
        with self._lock:
            project = self._projects.get(store.id)
            if project is None or not project.on:
                return
            project.used = time.monotonic()
        self._update(store, project)

    def forget(self, project_id: str) -> None:
        """Drop what is kept for a project that is deleted."""
        with self._lock:
            self._projects.pop(project_id, None)

    def stop(self) -> None:
        """Drop everything; nothing is live any more."""
        with self._lock:
            self._projects.clear()
            if self._timer is not None:
                self._timer.cancel()

    def _update(self, store: ProjectStore, project: _Project) -> None:
        jobs = self._services.jobs
        if len(store.labels().counts("labels")) < 2:
            running = jobs.running(store.id)
            if running is not None and running.kind == "live":
                jobs.ask_to_end(running.id)
            return
        jobs.start(
            store.id,
            "live",
            lambda job: self._run(job, store, project),
            skipped=lambda job: self._leave(job, store, project),
        )

    @staticmethod
    def _is_outdated(store: ProjectStore, image: int) -> bool:
        complete = store.complete_result(image)
        return complete is None or complete.outdated

    def _run(self, job: Job, store: ProjectStore, project: _Project) -> None:
        try:
            training = prepare_training(store, self._services, project.image)
            wait_for_kernels(job, self._services, training.recipe)
            _Update(job, store, self._services, project, training, self._kept_for(project, training.plan)).run()
        except BaseException:
            self._leave(job, store, project)
            raise
        finally:
            with self._lock:
                project.order = None

    def _leave(self, job: Job, store: ProjectStore, project: _Project) -> None:
        """Give the unfinished result up, unless the next update goes on with it."""
        newer = job.superseded
        if newer is not None and newer.kind == "live":
            return
        with self._lock:
            writer, project.writer = project.writer, None
        if writer is not None:
            writer.cancel()
            Filling(job, store, self._services, writer.image, 1).tell_result()

    def _kept_for(self, project: _Project, plan: MemoryPlan) -> _Kept:
        """Return what is kept for a project; only as many projects keep anything as jobs run at once."""
        with self._lock:
            if project.kept is None:
                project.kept = _Kept.within(plan)
                keeping = [each for each in self._projects.values() if each.kept is not None and each is not project]
                for each in sorted(keeping, key=lambda each: each.used)[: len(keeping) + 1 - JOBS_AT_ONCE]:
                    each.kept = None
            self._drop_later(IDLE_SECONDS)
            return project.kept

    def _drop_later(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = threading.Timer(seconds, self._drop_idle)
            self._timer.daemon = True
            self._timer.start()

    def _drop_idle(self) -> None:
        with self._lock:
            self._timer, now = None, time.monotonic()
            for project in self._projects.values():
                if now - project.used >= IDLE_SECONDS and project.order is None:
                    project.kept = None
            waiting = [project.used for project in self._projects.values() if project.kept is not None]
            if waiting:
                self._drop_later(max(1.0, min(waiting) + IDLE_SECONDS - now))


class _Update:
    """One update of a live project."""

    def __init__(
        self,
        job: Job,
        store: ProjectStore,
        services: Services,
        project: _Project,
        training: Training,
        kept: _Kept,
    ) -> None:
        self._job = job
        self._store = store
        self._services = services
        self._project = project
        self._training = training
        self._kept = kept
        self._described = store.image(project.image)
        self._threads = services.jobs.share_of(training.plan.threads)
        self._filling = Filling(job, store, services, self._described.id, self._threads)
        self._look(project.viewport)

    def run(self) -> None:
        """Train, segment, and make classifier and result those of the project."""
        job, project, store = self._job, self._project, self._store
        job.begin_image(self._described.id)
        classifier = self._train()
        writer = self._writer(classifier, classifier_id_of(classifier))
        before = TRAINING_SHARE + PREVIEW_SHARE
        self._look(project.viewport)  # the person may have gone on in the meantime
        self._fill_view(writer, classifier, before)
        whole = set(self._in_view) - self._windows.keys()
        order = TileOrder(self._described.height, self._described.width, self._viewport, without=whole)
        project.order = order
        order.look_at(project.viewport)
        computing = share_before_cleaning(store, (before, 1.0))
        self._fill(writer, classifier, order, *computing)
        clean_segmented(job, store, self._services, writer, (computing[1], 1.0))
        store.set_classifier(classifier, source="trained")
        if job.superseded is not None:  # who goes on with the result, or throws it away, has not to wait for the disk
            job.token.raise_if_cancelled()
        project.writer = None
        try:
            finish_cleaned(job, store, self._services, writer, 1.0)
        except BaseException:
            writer.cancel()
            raise
        self._filling.tell_result()

    def _train(self) -> Classifier:
        """Return the classifier of the labels, and segment what is in view with its first trees on the way."""
        from sambaseg.features.scaling import Scaling
        from sambaseg.pipeline.train import train_on_images

        training, used, kept = self._training, self._training.used, self._kept
        state = used.state, training.recipe, training.settings, used.classes
        if kept.trained is not None and kept.trained[0] == state:
            return kept.trained[1]
        images = sorted(used.labelled)
        micrographs = [self._store.micrograph(image, stop=lambda: self._job.token.cancelled) for image in images]
        if images[0] not in kept.scalings:
            kept.scalings[images[0]] = Scaling.for_image(micrographs[0])
        classifier = train_on_images(
            [(micrograph, used.labelled[image]) for micrograph, image in zip(micrographs, images, strict=True)],
            training.recipe,
            training.settings,
            classes=used.classes,
            threads=self._threads,
            edges_of=kept.edges_of,
            cache=kept.samples,
            image_ids=images,
            scaling=kept.scalings[images[0]],
            max_sample_bytes=training.plan.sample_bytes,
            preview=self._preview if self._in_view else None,
            progress=part_of(self._job, 0.0, TRAINING_SHARE),
            cancelled=self._job.token,
        )
        kept.remember_edges(classifier)
        kept.trained = state, classifier
        return classifier

    def _preview(self, classifier: Classifier) -> None:
        self._kept.remember_edges(classifier)
        self._fill_view(self._writer(classifier, ""), classifier, TRAINING_SHARE)

    def _look(self, viewport: Viewport | None) -> None:
        """Note what the person looks at: the tiles in view, and the part of those that are in view in part."""
        size = self._described.height, self._described.width
        self._viewport = viewport
        self._in_view = tiles_in_view(*size, viewport)
        self._windows = windows_in_view(*size, viewport)

    def _fill_view(self, writer: ResultWriter, classifier: Classifier, share: float) -> None:
        """Segment what is in view, and nothing else: of tiles at the border of the view a part."""
        if self._in_view:
            self._fill(writer, classifier, self._in_view, share, share, self._windows)

    def _writer(self, classifier: Classifier, classifier_id: str) -> ResultWriter:
        """Return the result to be filled: that of the update before, where it was not finished, else a new one."""
        project, used, classes = self._project, self._training.used, classes_of(classifier)
        writer = project.writer
        if writer is not None and writer.image != self._described.id:
            writer.cancel()
            writer = None
        if writer is not None:
            try:
                writer.restart(used, classes, classifier_id)
            except CancelledError:  # a training or the person ended it
                writer = None
        if writer is None:
            writer = self._store.begin_result(used, classes, image=self._described.id, classifier_id=classifier_id)
        project.writer = writer
        self._job.writes_to(writer.id)
        self._filling.tell_result()
        return writer

    def _fill(
        self,
        writer: ResultWriter,
        classifier: Classifier,
        tiles: TileOrder | list[Tile],
        first: float,
        last: float,
        windows: Mapping[Tile, Window] | None = None,
    ) -> None:
        self._job.report("Segmenting", first)
        self._filling.fill(
            writer,
            classifier,
            tiles,
            kept=self._kept.bins.of(classifier, self._described.id),
            wanted_again=frozenset(self._in_view),
            windows=windows,
            seconds_between_news=SECONDS_BETWEEN_TILES,
            progress=part_of(self._job, first, last),
        )
