"""What can be saved of an image, written row of tiles by row of tiles: no more of it is in memory at any time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import NotFoundError
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.pyramid import TILE_PX
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import CancelToken
from sambaseg.project.results import ResultInfo
from sambaseg.project.store import ProjectStore
from sambaseg.server.classifier_fit import check_classifier_fits

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.writing import TiffWriter
    from sambaseg.settings import Settings

Band = NDArray[np.uint8]
UNCERTAINTY_SCALE = {"scale": "255 = 1.0"}


class SegmentationPixels(RegionPixels):
    """The newest complete segmentation of an image with the edits on top, uint8 (1, H, W)."""

    def __init__(self, store: ProjectStore, image: int) -> None:
        """Raise NotFoundError where there is none."""
        complete_result_of(store, image)
        super().__init__((1, *_shape(store, image)), np.dtype(np.uint8))
        self._store, self._image = store, image

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a rectangle (1, h, w)."""
        return self._store.read_edited(self._image, y0, y1)[np.newaxis, :, x0:x1]


class UncertaintyPixels(RegionPixels):
    """The newest complete uncertainty of an image, uint8 (1, H, W), 255 = 1.0."""

    def __init__(self, store: ProjectStore, image: int) -> None:
        """Raise NotFoundError where there is none."""
        complete_result_of(store, image)
        super().__init__((1, *_shape(store, image)), np.dtype(np.uint8))
        self._store, self._image = store, image

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a rectangle (1, h, w)."""
        return self._store.read_uncertainty(self._image, y0, y1)[np.newaxis, :, x0:x1]


class LabelPixels(RegionPixels):
    """The labels of an image as they are when this is made, uint8 (1, H, W)."""

    def __init__(self, store: ProjectStore, image: int) -> None:
        super().__init__((1, *_shape(store, image)), np.dtype(np.uint8))
        self._layer = store.labels().of(image)["labels"]
        self._held = frozenset(self._layer.keys)

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a rectangle (1, h, w)."""
        region_yx = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for ty in range(y0 // TILE_PX, -(-y1 // TILE_PX)):
            for tx in range(x0 // TILE_PX, -(-x1 // TILE_PX)):
                if (ty, tx) not in self._held:
                    continue
                tile_yx, top, left = self._layer.tile((ty, tx)), ty * TILE_PX, tx * TILE_PX
                rows = slice(max(y0, top), min(y1, top + tile_yx.shape[0]))
                columns = slice(max(x0, left), min(x1, left + tile_yx.shape[1]))
                region_yx[rows.start - y0 : rows.stop - y0, columns.start - x0 : columns.stop - x0] = tile_yx[
                    rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
                ]
        return region_yx[np.newaxis]


def bands_of(pixels: RegionPixels, cancelled: CancelToken) -> Iterator[Band]:
    """Yield the rows (h, W) of a layer, a row of tiles at a time. Raises CancelledError."""
    _, height, width = pixels.shape
    for top in range(0, height, TILE_PX):
        cancelled.raise_if_cancelled()
        yield pixels.read(top, min(top + TILE_PX, height), 0, width)[0]


def write_probabilities(
    writer: TiffWriter, store: ProjectStore, image: int, classifier: Classifier, *, threads: int, cancelled: CancelToken
) -> None:
    """Compute the probabilities of an image and write them as they come, one page a class.

    Raises CancelledError, and what keeps the image from being read.
    """
    from sambaseg.pipeline.apply import apply_classifier

    def take(ty: int, tx: int, _: object, __: object, probabilities_kyx: NDArray[np.float32]) -> None:
        for page, probability_yx in enumerate(probabilities_kyx):
            writer.write_tile(ty, tx, probability_yx, page=page)

    apply_classifier(
        classifier,
        store.micrograph(image, stop=lambda: cancelled.cancelled),
        sink=take,
        threads=threads,
        cancelled=cancelled,
    )


def threads_for_probabilities(classifier: Classifier, settings: Settings) -> int:
    """Return how many threads the memory budget allows. Raises MemoryBudgetError where it allows none."""
    from sambaseg.pipeline.memory import MemoryBudget

    plan = MemoryBudget.of_megabytes(settings.memory_mb).plan(
        classifier.recipe, classifier.channels, len(classifier.classes), classifier.forest.trees, settings.threads
    )
    return plan.threads


def classifier_for(store: ProjectStore, images: list[int]) -> Classifier:
    """Return the project's classifier. Raises NotFoundError, and ClassifierMismatchError where it fits no image."""
    classifier = store.classifier()
    if classifier is None:
        raise no_classifier()
    for image in images:
        check_classifier_fits(classifier, store.image(image))
    return classifier


def no_classifier() -> NotFoundError:
    """Return the error for a project without a classifier."""
    return NotFoundError("This project has no classifier yet.", hint="Train one, or load a classifier file.")


def complete_result_of(store: ProjectStore, image: int) -> ResultInfo:
    """Return the newest complete result of an image. Raises NotFoundError."""
    result = store.complete_result(image)
    if result is None:
        raise NotFoundError("This image has no segmentation yet.", hint="Train first, or apply the classifier to it.")
    return result


def classes_of_results(store: ProjectStore, images: list[int]) -> list[LabelClass]:
    """Return the classes of the images' results and of the project, which edits may use; today's names count."""
    results = [store.complete_result(image) for image in images]
    found = [entry for result in results if result is not None for entry in result.classes]
    by_id = {entry.id: entry for entry in (*found, *store.classes())}
    return [by_id[class_id] for class_id in sorted(by_id)]


def _shape(store: ProjectStore, image: int) -> tuple[int, int]:
    described = store.image(image)
    return described.height, described.width
