"""Sums over a disk, for mean and variance.

Each row grows its windows one pixel at a time to both sides and adds each to the rows above and below that need it.
There are no running sums: every pixel is the same sum in the same order wherever its tile begins.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, IndexArray
from sambaseg.features.disk import rows_of_half_width
from sambaseg.features.scratch import Scratch


def sum_over_disk(values_yx: DoubleArray, radius_px: float, scratch: Scratch, name: str) -> DoubleArray:
    """Return the sums over the disk around each pixel that is at least the radius away from the edges.

    `values_yx` has shape (h + 2 R, w + 2 R); the answer, shape (h, w), is the scratch array `name`.
    """
    rows_h = rows_of_half_width(radius_px)
    reach = rows_h.shape[0] - 1
    height, width = values_yx.shape[0] - 2 * reach, values_yx.shape[1] - 2 * reach
    sums_yx: DoubleArray = scratch.array(name, (height, width), np.float64)
    window_x: DoubleArray = scratch.array("disk window", (width,), np.float64)
    sums_yx.fill(0)
    _sum_over_disk(values_yx, rows_h, window_x, sums_yx)
    return sums_yx


@compiled
def _sum_over_disk(values_yx: DoubleArray, rows_h: IndexArray, window_x: DoubleArray, sums_yx: DoubleArray) -> None:
    height, width = sums_yx.shape
    reach = rows_h.shape[0] - 1
    for row in range(height + 2 * reach):
        values = values_yx[row]
        window_x[:] = values[reach : reach + width]
        for h in range(reach + 1):
            if h > 0:
                before, after = values[reach - h :], values[reach + h :]
                for x in range(width):
                    window_x[x] += before[x] + after[x]
            for dy in range(rows_h[h, 0], rows_h[h, 1]):
                y = row - reach + dy
                if 0 <= y < height:
                    _add(sums_yx[y], window_x)
                y = row - reach - dy
                if dy > 0 and 0 <= y < height:
                    _add(sums_yx[y], window_x)


@compiled
def _add(total_x: DoubleArray, window_x: DoubleArray) -> None:
    for x in range(window_x.size):
        total_x[x] += window_x[x]
