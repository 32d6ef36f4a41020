"""Segmenting an image from top to bottom, a band of 256 rows at a time, as files are written: nothing is held whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.forest.classifier import Classifier
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.apply import apply_classifier
from sambaseg.pipeline.progress import CancelToken, ReportProgress

BANDS_AT_ONCE = 3
"""Bands that are in memory: two that are being computed, one that is being written."""


@dataclass(frozen=True)
class Band:
    """Rows `top` and following of a segmentation, 256 of them but for the last band.

    ``classes_yx`` holds class ids in the smallest unsigned type that fits them; ``uncertainty_yx`` is float32, 0 to 1;
    ``probabilities_kyx`` float32 in the order of the classifier's classes, or None where it was not asked for.
    """

    top: int
    classes_yx: npt.NDArray[Any]
    uncertainty_yx: npt.NDArray[np.float32]
    probabilities_kyx: npt.NDArray[np.float32] | None


def segment_bands(
    classifier: Classifier,
    micrograph: Micrograph,
    take: Callable[[Band], None],
    *,
    with_probabilities: bool = False,
    threads: int | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> None:
    """Segment an image and give it to `take` band by band, from top to bottom, one call at a time.

    Raises as `apply_classifier` does.
    """
    collector = _Collector(classifier, micrograph.shape_yx, take, with_probabilities=with_probabilities)
    apply_classifier(
        classifier,
        micrograph,
        sink=collector.add,
        threads=threads,
        if_failed=collector.give_up,
        progress=progress,
        cancelled=cancelled,
    )


def band_bytes(classifier: Classifier, width: int, *, with_probabilities: bool) -> int:
    """Return how many bytes the bands take that are in memory at once, of an image of so many columns."""
    ids = classifier.forest.class_ids
    pixel = np.min_scalar_type(int(ids[-1])).itemsize + 4 + (4 * len(ids) if with_probabilities else 0)
    return BANDS_AT_ONCE * TILE_PX * width * pixel


class _Collector:
    """Puts tiles, which come from several threads, together to bands."""

    def __init__(
        self,
        classifier: Classifier,
        shape_yx: tuple[int, int],
        take: Callable[[Band], None],
        *,
        with_probabilities: bool,
    ) -> None:
        self._shape_yx = shape_yx
        self._ids = classifier.forest.class_ids
        self._take = take
        self._with_probabilities = with_probabilities
        self._changed = threading.Condition()
        self._bands: dict[int, Band] = {}
        self._missing: dict[int, int] = {}
        self._next = 0
        self._failed = False

    def add(
        self,
        ty: int,
        tx: int,
        classes_yx: npt.NDArray[Any],
        uncertainty_yx: npt.NDArray[np.float32],
        probabilities_kyx: npt.NDArray[np.float32],
    ) -> None:
        """Put one tile in its place; the last one of a band hands the band on, after those above it."""
        with self._changed:  # whoever computes the band that is next never waits here
            self._changed.wait_for(lambda: ty - self._next < BANDS_AT_ONCE - 1 or self._failed)
            band = self._band(ty)
        columns = slice(tx * TILE_PX, tx * TILE_PX + classes_yx.shape[1])
        band.classes_yx[:, columns] = classes_yx
        band.uncertainty_yx[:, columns] = uncertainty_yx
        if band.probabilities_kyx is not None:
            band.probabilities_kyx[:, :, columns] = probabilities_kyx
        with self._changed:
            self._missing[ty] -= 1
            if self._missing[ty]:
                return
            self._changed.wait_for(lambda: self._next == ty or self._failed)
            if self._failed:
                return
            del self._bands[ty]
        self._take(band)
        with self._changed:
            self._next = ty + 1
            self._changed.notify_all()

    def give_up(self) -> None:
        """Let nobody wait any more: the tiles that are missing will not come."""
        with self._changed:
            self._failed = True
            self._changed.notify_all()

    def _band(self, ty: int) -> Band:
        if ty not in self._bands:
            height, width = self._shape_yx
            rows = min(TILE_PX, height - ty * TILE_PX)
            self._missing[ty] = -(-width // TILE_PX)
            self._bands[ty] = Band(
                ty * TILE_PX,
                np.empty((rows, width), np.min_scalar_type(int(self._ids[-1]))),
                np.empty((rows, width), np.float32),
                np.empty((len(self._ids), rows, width), np.float32) if self._with_probabilities else None,
            )
        return self._bands[ty]
