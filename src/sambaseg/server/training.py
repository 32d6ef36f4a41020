"""What a training and a segmentation do, as work for `jobs`."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sambaseg.errors import CancelledError, NotEnoughLabelsError, NotFoundError, SambasegError, StorageError
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.project.description import ImageDescription
from sambaseg.project.label_view import TrainingInput
from sambaseg.project.store import ProjectStore
from sambaseg.server.cleaning_up import clean_complete, clean_segmented, finish_cleaned, share_before_cleaning
from sambaseg.server.jobs import JOBS_AT_ONCE, Job, Work
from sambaseg.server.present import project_settings, recipe_of
from sambaseg.server.schemas import ProjectSettings, Viewport
from sambaseg.server.segmenting import Filling, budget_of, classes_of, classifier_id_of, part_of, wait_for_kernels
from sambaseg.server.services import Services
from sambaseg.server.tile_order import TileOrder
from sambaseg.server.trusting import SEGMENTED_SHARE, note_trust

if TYPE_CHECKING:
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.forest.classifier import Classifier
    from sambaseg.pipeline.memory import MemoryPlan

TRAINING_SHARE = 0.25
"""Of the time that a training takes, before the first tile is segmented."""


@dataclass(frozen=True)
class Training:
    """What a training of a project is to do: labels of all images, recipe, settings, and the memory it may use."""

    used: TrainingInput
    recipe: FeatureRecipe
    settings: TrainingSettings
    plan: MemoryPlan


def prepare_training(
    store: ProjectStore, services: Services, image: int, *, settings: ProjectSettings | None = None
) -> Training:
    """Return the training on the labels as they are now, after which one image is to be segmented.

    It uses the project's settings where none are given.

    Raises NotEnoughLabelsError unless two classes are labelled, MemoryBudgetError where it does not fit the budget.
    """
    from sambaseg.pipeline.training_sample import check_sample_size

    described, used = store.image(image), store.training_input()
    counts = count_labels_of(used)
    check_enough_labels(counts, used.classes)
    settings = settings or project_settings(store, services)
    recipe, training = recipe_of(settings.recipe), TrainingSettings(**settings.training.model_dump())
    labelled, channels = sum(counts.values()), store.image(min(used.labelled)).channels
    plan = budget_of(services).plan_training(
        recipe,
        training,
        channels=channels,
        classes=len(counts),
        threads=services.settings.threads,
        labelled=labelled,
        at_once=JOBS_AT_ONCE,
        beside=_beside([described]),
    )
    check_sample_size(min(labelled, training.points or labelled), recipe, channels, plan.sample_bytes)
    return Training(used, recipe, training, plan)


def training_work(store: ProjectStore, services: Services, *, image: int = 0, viewport: Viewport | None = None) -> Work:
    """Return the work that trains on the labels of all images as they are now, and segments one image.

    Classifier and result take the place of the former ones at the very end; until then a failure changes nothing.
    Raises as `prepare_training`, and NotFoundError for an unknown image.
    """
    described, training = store.image(image), prepare_training(store, services, image)
    used = training.used

    def work(job: Job) -> None:
        job.begin_image(image)
        wait_for_kernels(job, services, training.recipe)
        from sambaseg.pipeline.sample_cache import SampleCache
        from sambaseg.pipeline.train import train_on_images

        threads = services.jobs.share_of(training.plan.threads)
        images, samples = sorted(used.labelled), SampleCache(training.plan.sample_cache_bytes)
        labelled = {
            each: (store.micrograph(each, stop=lambda: job.token.cancelled), used.labelled[each]) for each in images
        }
        classifier = train_on_images(
            list(labelled.values()),
            training.recipe,
            training.settings,
            classes=used.classes,
            threads=threads,
            cache=samples,
            image_ids=images,
            max_sample_bytes=training.plan.sample_bytes,
            progress=part_of(job, 0.0, TRAINING_SHARE),
            cancelled=job.token,
        )
        run = _Run(job, store, services, classifier, threads)
        share = TRAINING_SHARE, SEGMENTED_SHARE
        finish = run.segment(
            described, used, share, viewport, before_end=lambda: store.set_classifier(classifier, source="trained")
        )
        finish()
        services.suggestions.prepare_ahead(store, image)
        note_trust(job, store, labelled, classifier, image, samples, threads)

    return work


def segmenting_work(
    store: ProjectStore, services: Services, *, image: int = 0, viewport: Viewport | None = None
) -> Work:
    """Return the work that segments one image with the project's classifier.

    Raises NotFoundError without a classifier and for an unknown image, MemoryBudgetError.
    """
    described = store.image(image)
    threads = _threads_to_apply(store, services, [described])

    def work(job: Job) -> None:
        job.begin_image(image)
        classifier = _classifier_of(store)
        wait_for_kernels(job, services, classifier.recipe)
        run = _Run(job, store, services, classifier, services.jobs.share_of(threads))
        run.segment(described, None, (0.0, 1.0), viewport)()
        services.suggestions.prepare_ahead(store, image)

    return work


def apply_all_work(store: ProjectStore, services: Services, *, again: bool = False) -> Work:
    """Return the work that segments all images in order with the project's classifier.

    Those that this very classifier segmented before are left out unless `again`. Work that is cancelled keeps what it
    has, and the next such work goes on there. An image that cannot be read or is of another kind is told in the end;
    the others are segmented. Raises as `segmenting_work`.
    """
    threads = _threads_to_apply(store, services, store.description().images)

    def work(job: Job) -> None:
        classifier = _classifier_of(store)
        wait_for_kernels(job, services, classifier.recipe)
        run = _Run(job, store, services, classifier, services.jobs.share_of(threads))
        images = store.description().images
        ends = list(itertools.accumulate((each.height * each.width for each in images), initial=0))
        failed: list[tuple[str, SambasegError]] = []
        with ThreadPoolExecutor(1) as behind:  # a result is brought to the disk while the next image is computed
            ending: Future[None] | None = None
            for at, described in enumerate(images):
                share = ends[at] / ends[-1], ends[at + 1] / ends[-1]
                complete = store.complete_result(described.id)
                if complete is not None and complete.classifier_id == run.classifier_id and not again:
                    if store.cleaning.is_due(described.id):
                        job.begin_image(described.id, done=at, total=len(images))
                        run.clean(described.id, share)
                    job.report("Segmenting", share[1])
                    continue
                job.begin_image(described.id, done=at, total=len(images))
                try:
                    finish = run.segment(described, None, share, None, resume=True)
                except (CancelledError, StorageError):
                    raise
                except SambasegError as error:
                    failed.append((described.name, error))
                    continue
                former, ending = ending, behind.submit(finish)
                if former is not None:
                    former.result()
            if ending is not None:
                ending.result()
        if failed:
            name, first = failed[0]
            were = f"{len(failed)} of {len(images)} images {'was' if len(failed) == 1 else 'were'}"
            raise type(first)(f"{were} not segmented. {name}: {first.message}", hint=first.hint)

    return work


class _Run:
    """A job that segments images of a project one after the other with one classifier."""

    def __init__(self, job: Job, store: ProjectStore, services: Services, classifier: Classifier, threads: int) -> None:
        self._job = job
        self._store = store
        self._services = services
        self._classifier = classifier
        self._threads = threads
        self.classifier_id = classifier_id_of(classifier)

    def clean(self, image: int, share: tuple[float, float]) -> None:
        """Clean the result that an image has by the steps of the project, where others were done, as the `share`."""
        clean_complete(self._job, self._store, self._services, image, share)

    def segment(
        self,
        described: ImageDescription,
        used: TrainingInput | None,
        share: tuple[float, float],
        viewport: Viewport | None,
        *,
        resume: bool = False,
        before_end: Callable[[], None] = lambda: None,
    ) -> Callable[[], None]:
        """Segment an image and clean it up, as the `share` of the job from where to where; `used` is what the
        classifier learned from.

        Returns what makes the result that of the image. `before_end` is called when all is computed and nothing is
        replaced yet. With `resume` a result that was paused is taken up, and what is done is kept where the job is
        cancelled.
        """
        job, store = self._job, self._store
        job.report("Segmenting", share[0])
        filling = Filling(job, store, self._services, described.id, self._threads)
        writer = store.begin_result(
            used,
            classes_of(self._classifier),
            image=described.id,
            classifier_id=self.classifier_id,
            resume=resume,
        )
        job.writes_to(writer.id)
        filling.tell_result()
        tiles = TileOrder(described.height, described.width, viewport, without=writer.done)
        computing = share_before_cleaning(store, share)
        try:
            filling.fill(writer, self._classifier, tiles, progress=part_of(job, *computing))
            clean_segmented(job, store, self._services, writer, (computing[1], share[1]))
            before_end()
        except BaseException as error:
            if resume and isinstance(error, CancelledError):
                writer.pause()
            else:
                writer.cancel()
            filling.tell_result()
            raise

        def finish() -> None:
            try:
                finish_cleaned(job, store, self._services, writer, share[1])
            except BaseException:
                writer.cancel()
                raise
            finally:
                filling.tell_result()

        return finish


def _classifier_of(store: ProjectStore) -> Classifier:
    """Return the project's classifier. Raises NotFoundError."""
    classifier = store.classifier()
    if classifier is None:
        raise NotFoundError("This project has no classifier yet.", hint="Train one, or load a classifier file.")
    return classifier


def _beside(images: Sequence[ImageDescription]) -> int:
    """Return the bytes that reading and writing the largest of some images takes."""
    import numpy as np

    from sambaseg.pipeline.memory import bytes_beside

    return max(bytes_beside(each.width * each.height, each.channels * np.dtype(each.dtype).itemsize) for each in images)


def _threads_to_apply(store: ProjectStore, services: Services, images: Sequence[ImageDescription]) -> int:
    """Return how many threads may segment. Raises NotFoundError without a classifier, MemoryBudgetError."""
    classifier = _classifier_of(store)
    plan = budget_of(services).plan(
        classifier.recipe,
        classifier.channels,
        len(classifier.classes),
        classifier.forest.trees,
        services.settings.threads,
        at_once=JOBS_AT_ONCE,
        beside=_beside(images),
    )
    return plan.threads


def count_labels_of(used: TrainingInput) -> dict[int, int]:
    """Return the labelled pixels of each class over all images."""
    counts: Counter[int] = Counter()
    for layer in used.labelled.values():
        counts.update(layer.counts())
    return dict(counts)


def check_enough_labels(counts: Mapping[int, int], classes: Sequence[LabelClass]) -> None:
    """Raise NotEnoughLabelsError, naming what is missing, unless two classes are labelled."""
    labelled = [entry for entry in classes if counts.get(entry.id)]
    if len(labelled) >= 2:
        return
    if not labelled:
        raise NotEnoughLabelsError(
            "Nothing is labelled yet; training needs labels of two classes.",
            hint="Mark a few pixels of each class with the brush.",
        )
    others = [entry.name for entry in classes if not counts.get(entry.id)]
    missing = f"Mark a few pixels of {' or '.join(others[:3])} too." if others else "Add a second class and mark it."
    raise NotEnoughLabelsError(
        f"Only {labelled[0].name} is labelled; training needs labels of two classes.", hint=missing
    )
