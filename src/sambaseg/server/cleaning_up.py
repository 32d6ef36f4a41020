"""Cleaning segmentations up: at the end of a job that segments, and as work of its own once the steps are others."""

from __future__ import annotations

from sambaseg.errors import SambasegError
from sambaseg.project.cleaned import CleaningRoom
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.store import ProjectStore
from sambaseg.server.jobs import JOBS_AT_ONCE, Job, Work
from sambaseg.server.segmenting import budget_of, tell_result
from sambaseg.server.services import Services

STAGE = "Cleaning up"
SHARE = 0.1
"""Of the time that segmenting an image and cleaning it take together, about."""


def share_before_cleaning(store: ProjectStore, share: tuple[float, float]) -> tuple[float, float]:
    """Return the part of a job in which an image is segmented, of the `share` that it has together with cleaning."""
    first, last = share
    return first, last - SHARE * (last - first) if store.cleaning.steps() else last


def clean_segmented(
    job: Job, store: ProjectStore, services: Services, writer: ResultWriter, share: tuple[float, float]
) -> None:
    """Clean a result whose tiles are all computed by the steps of the project, as the `share` of the job.

    Raises as `ResultWriter.clean`, and CancelledError.
    """
    steps = store.cleaning.steps()
    if steps:
        writer.clean(steps, _room(job, services, share))


def finish_cleaned(job: Job, store: ProjectStore, services: Services, writer: ResultWriter, done: float) -> None:
    """Make a result the one of its image, when `done` of the job is; where the steps became others, clean it by those.

    Raises as `ResultWriter.finish` and `ResultCleaning.clean`.
    """
    writer.finish()
    clean_complete(job, store, services, writer.image, (done, done))


def clean_complete(job: Job, store: ProjectStore, services: Services, image: int, share: tuple[float, float]) -> None:
    """Clean the complete result of an image where other steps were done, as the `share` of the job, and tell it.

    Raises as `ResultCleaning.clean`, and CancelledError.
    """
    if store.cleaning.is_due(image):
        store.cleaning.clean(image, _room(job, services, share))
        tell_result(store, services, image)


def cleaning_work(store: ProjectStore, services: Services, image: int) -> Work:
    """Return the work that cleans the results of all images by the steps of the project, that of `image` first.

    Each takes its place as soon as it is clean; work that is cancelled leaves the others as they were.
    """

    def work(job: Job) -> None:
        due = store.cleaning.due()
        order = sorted(due, key=lambda each: (each != image, each))
        for at, each in enumerate(order):
            job.begin_image(each, done=at, total=len(order))
            try:
                clean_complete(job, store, services, each, (at / len(order), (at + 1) / len(order)))
            except SambasegError as error:
                if len(order) > 1 and not job.token.cancelled:
                    name = store.image(each).name
                    raise type(error)(f"{name} was not cleaned up. {error.message}", hint=error.hint) from error
                raise

    return work


def cleaning_bytes(services: Services) -> int:
    """Return the memory that regions may take while one segmentation is cleaned."""
    from sambaseg.pipeline.memory import PROCESS_BYTES

    budget = budget_of(services)
    return (budget.bytes - PROCESS_BYTES - budget.elsewhere) // JOBS_AT_ONCE // 2


def _room(job: Job, services: Services, share: tuple[float, float]) -> CleaningRoom:
    first, last = share

    def tell(done: float) -> None:
        job.token.raise_if_cancelled()
        job.report(STAGE, first + (last - first) * done)

    return CleaningRoom(cleaning_bytes(services), tell)
