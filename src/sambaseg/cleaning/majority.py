"""The majority filter: a pixel becomes the class of most pixels within a radius, counted as the disc moves along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sambaseg.compiled import compiled


def half_widths(radius: int) -> NDArray[np.int64]:
    """Return for each row of a disc, from -radius on, how far it reaches to both sides: y² + x² <= radius²."""
    y = np.arange(-radius, radius + 1)
    return np.sqrt(radius**2 - y**2).astype(np.int64)


@compiled
def filter_rows(
    plane_yx: NDArray[np.uint8],
    chosen_v: NDArray[np.bool_],
    half_widths_y: NDArray[np.int64],
    top: int,
    bottom: int,
    filtered_yx: NDArray[np.uint8],
) -> None:
    """Write rows `top` to `bottom` - 1 of the filtered plane.

    Only pixels inside the image count, and only those with a class; of equal classes a pixel keeps its own, else it
    takes the smaller one. Pixels without a class keep none. A pixel changes only where its own class or the new one is
    chosen.
    """
    height, width = plane_yx.shape
    radius, values = len(half_widths_y) // 2, len(chosen_v)
    counts_v = np.zeros(values, np.int64)
    for y in range(top, bottom):
        counts_v[:] = 0
        first, last = max(0, y - radius), min(height, y + radius + 1)
        for row in range(first, last):
            for x in range(min(width, half_widths_y[row - y + radius])):  # as it stands at x = -1
                counts_v[plane_yx[row, x]] += 1
        for x in range(width):
            for row in range(first, last):
                half = half_widths_y[row - y + radius]
                if x + half < width:
                    counts_v[plane_yx[row, x + half]] += 1
                if x - half - 1 >= 0:
                    counts_v[plane_yx[row, x - half - 1]] -= 1
            own = plane_yx[y, x]
            best = own
            if own != 0:
                for value in range(1, values):
                    if counts_v[value] > counts_v[best]:
                        best = value
            filtered_yx[y, x] = best if chosen_v[own] or chosen_v[best] else own
