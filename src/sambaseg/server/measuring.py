"""Measuring the segmentation of an image, as work for `jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sambaseg.errors import SegmentationChangedError
from sambaseg.project.store import ProjectStore
from sambaseg.server.downloads import file_stem
from sambaseg.server.export_bands import SegmentationPixels, classes_of_results, complete_result_of
from sambaseg.server.jobs import JOBS_AT_ONCE, Job, Work
from sambaseg.server.measured import MeasuredImage
from sambaseg.server.segmenting import budget_of
from sambaseg.server.services import Services

if TYPE_CHECKING:
    from sambaseg.measure.settings import MeasureSettings


def measuring_work(store: ProjectStore, services: Services, image: int, settings: MeasureSettings) -> Work:
    """Return the work that measures the newest complete segmentation of an image, edits applied.

    It raises SegmentationChangedError where another segmentation or an edit takes its place meanwhile.
    Raises NotFoundError where there is no segmentation.
    """
    pixels = SegmentationPixels(store, image)

    def work(job: Job) -> None:
        from sambaseg.measure.class_rows import find_class_ids
        from sambaseg.measure.measuring import measure_segmentation
        from sambaseg.measure.scale import Scale
        from sambaseg.pipeline.memory import PROCESS_BYTES

        job.begin_image(image)
        job.report("Measuring", 0.0)
        before = _state_of(store, image)
        occurring = set(find_class_ids(pixels))
        of_result = {entry.id for entry in complete_result_of(store, image).classes}
        classes = [entry for entry in classes_of_results(store, [image]) if entry.id in occurring | of_result]
        budget = budget_of(services)
        measurements = measure_segmentation(
            pixels,
            classes,
            scale=Scale.of(store.image(image).pixel_size_um),
            settings=settings,
            memory_bytes=(budget.bytes - PROCESS_BYTES - budget.elsewhere) // JOBS_AT_ONCE,
            progress=lambda share: job.report("Measuring", share),
            cancelled=lambda: job.token.cancelled,
        )
        if _state_of(store, image) != before:
            raise SegmentationChangedError(
                "The segmentation became another one while it was measured.", hint="Measure again."
            )
        services.measured.keep(job.id, MeasuredImage(store.id, image, file_stem(store, image), measurements))

    return work


def _state_of(store: ProjectStore, image: int) -> tuple[str, dict[tuple[int, int], int]]:
    """Return what tells one segmentation with its edits from another: tiles of edits are never changed in place."""
    edits = store.labels().of(image)["edits"]
    return complete_result_of(store, image).id, {key: hash(edits.tile(key).tobytes()) for key in edits.keys}
