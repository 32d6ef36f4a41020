"""Minimum over a disk, for the families minimum and maximum (the minimum of the negated image)."""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray
from sambaseg.features.disk import rows_of_half_width
from sambaseg.features.scratch import Scratch


def minimum_over_disk(values_yx: FloatArray, radius_px: float, scratch: Scratch) -> FloatArray:
    """Return the minimum over the disk around each pixel that is at least the radius away from the edges.

    `values_yx` has shape (h + 2 R, w + 2 R), C-contiguous; the answer, shape (h, w), is a scratch array.
    """
    rows_h = rows_of_half_width(radius_px)
    reach = rows_h.shape[0] - 1
    height, width = values_yx.shape[0] - 2 * reach, values_yx.shape[1] - 2 * reach
    least_yx: FloatArray = scratch.array("disk minimum", (height, width))
    window_x: FloatArray = scratch.array("disk window", (width,))
    least_yx.fill(np.inf)
    _minimum_over_disk(values_yx, rows_h, window_x, least_yx)
    return least_yx


@compiled
def _minimum_over_disk(values_yx: FloatArray, rows_h: IndexArray, window_x: FloatArray, least_yx: FloatArray) -> None:
    height, width = least_yx.shape
    reach = rows_h.shape[0] - 1
    for row in range(height + 2 * reach):
        values = values_yx[row]
        window_x[:] = values[reach : reach + width]
        for h in range(reach + 1):
            if h > 0:
                _lower(window_x, values[reach - h :])
                _lower(window_x, values[reach + h :])
            for dy in range(rows_h[h, 0], rows_h[h, 1]):
                y = row - reach + dy
                if 0 <= y < height:
                    _lower(least_yx[y], window_x)
                y = row - reach - dy
                if dy > 0 and 0 <= y < height:
                    _lower(least_yx[y], window_x)


@compiled
def _lower(least_x: FloatArray, values_x: FloatArray) -> None:
    for x in range(np.uint64(least_x.size)):
        least_x[x] = np.minimum(least_x[x], values_x[x])  # unlike a comparison, LLVM vectorises it
