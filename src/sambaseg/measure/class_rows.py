"""Rows of a segmentation as small numbers: 0 where a pixel has no class, else the rank of its class from 1 on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import LabelsFileError, ParameterError
from sambaseg.images.pixels import Pixels

MAX_CLASSES = 255
BAND_PX = 256
"""Rows that are looked at together."""


class ClassRows:
    """A segmentation (1, H, W) of whole numbers, read by rows as ranks of its classes, uint8.

    ``class_ids`` are those that are measured; other numbers, 0 among them, count as pixels without a class.
    Raises ParameterError for more than 255 classes, LabelsFileError for pixels that are no whole numbers or have
    several channels.
    """

    def __init__(self, pixels_cyx: Pixels, class_ids: Sequence[int]) -> None:
        _check(pixels_cyx)
        if len(class_ids) > MAX_CLASSES:
            raise ParameterError(
                f"{len(class_ids)} classes cannot be measured at once, at most {MAX_CLASSES}.",
                hint="Measure a segmentation with class ids, not an image of grey values.",
            )
        self._pixels_cyx = pixels_cyx
        self._sorted_n = np.array(sorted({0, *class_ids}), np.int64)
        self._ranks_n = np.array([[0, *class_ids].index(class_id) for class_id in self._sorted_n], np.uint8)
        self.class_ids = tuple(class_ids)
        self.shape_yx = int(pixels_cyx.shape[1]), int(pixels_cyx.shape[2])

    def __getitem__(self, rows: slice) -> NDArray[np.uint8]:
        """Return the ranks of these rows, (h, W)."""
        return self.window(rows, slice(0, self.shape_yx[1]))

    def window(self, rows: slice, columns: slice) -> NDArray[np.uint8]:
        """Return the ranks of a rectangle, always laid out by rows: kernels are compiled for that."""
        ids_yx = self._pixels_cyx[0, rows, columns]
        if ids_yx.dtype == np.uint8:
            table = np.zeros(256, np.uint8)
            small = self._sorted_n < 256
            table[self._sorted_n[small]] = self._ranks_n[small]
            return np.ascontiguousarray(table[ids_yx])
        at = np.searchsorted(self._sorted_n, ids_yx)
        at[at == len(self._sorted_n)] = 0
        return np.ascontiguousarray(np.where(self._sorted_n[at] == ids_yx, self._ranks_n[at], np.uint8(0)))

    def bands(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the ranks of all rows from top to bottom, some at a time."""
        for top in range(0, self.shape_yx[0], BAND_PX):
            yield self[top : top + BAND_PX]


def find_class_ids(pixels_cyx: Pixels) -> tuple[int, ...]:
    """Return the numbers other than 0 that occur in a segmentation (1, H, W), in ascending order.

    Raises LabelsFileError as `ClassRows`, for numbers below 0, and for more than 255 of them.
    """
    _check(pixels_cyx)
    found = set[int]()
    for top in range(0, pixels_cyx.shape[1], BAND_PX):
        found.update(_numbers_in(pixels_cyx[0, top : top + BAND_PX]))
        if len(found) > MAX_CLASSES + 1:
            raise LabelsFileError(
                f"The image holds more than {MAX_CLASSES} different numbers, so that it is no segmentation.",
                hint="Measure a saved segmentation, not the micrograph.",
            )
    if found and min(found) < 0:
        raise LabelsFileError(f"The image holds the number {min(found)}; class ids are 1 and more, 0 is no class.")
    return tuple(sorted(found - {0}))


def _numbers_in(ids_yx: NDArray[Any]) -> list[int]:
    if ids_yx.dtype == np.uint8:
        return [int(value) for value in np.flatnonzero(np.bincount(ids_yx.ravel(), minlength=256))]
    return [int(value) for value in np.unique(ids_yx)]


def _check(pixels_cyx: Pixels) -> None:
    if pixels_cyx.shape[0] != 1 or pixels_cyx.dtype.kind not in "ui":
        raise LabelsFileError(
            f"{pixels_cyx.shape[0]} channels of {pixels_cyx.dtype} numbers are no segmentation.",
            hint="A segmentation has one whole number a pixel: the id of its class.",
        )
