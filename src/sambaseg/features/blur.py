"""Gaussian blur of a tile: the sampled, normalised Gaussian, cut off at 4 sigma.

The weights are those of `scipy.ndimage.gaussian_filter` (truncate 4.0). Every pixel is the same sum in the same order
wherever its tile begins, so tiles and whole images agree bit for bit.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled

TRUNCATE = 4.0
"""The kernel's radius in standard deviations."""


def gaussian_radius_px(sigma_px: float) -> int:
    """Return how far the Gaussian of `sigma_px` reaches: ``int(4 sigma + 0.5)``, 0 for no blur."""
    return int(TRUNCATE * sigma_px + 0.5)


@lru_cache(maxsize=256)
def gaussian_weights(sigma_px: float) -> npt.NDArray[np.float32]:
    """Return the weights from the centre outwards, shape (radius + 1,), of a kernel whose sum is 1."""
    radius = gaussian_radius_px(sigma_px)
    if radius == 0:
        return np.ones(1, np.float32)
    distance = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / sigma_px**2 * distance**2)
    return np.ascontiguousarray((weights / weights.sum())[radius:], dtype=np.float32)


@compiled
def blur_tile(
    source_yx: npt.NDArray[np.float32],
    y0: int,
    x0: int,
    weights: npt.NDArray[np.float32],
    line_x: npt.NDArray[np.float32],
    out_yx: npt.NDArray[np.float32],
) -> None:
    """Write the blur of `source_yx` from (`y0`, `x0`) on into `out_yx`; `line_x` has room for width + 2 radius."""
    radius = weights.size - 1
    height, width = out_yx.shape
    wide = width + 2 * radius
    left = x0 - radius
    for y in range(height):
        row = y0 + y
        middle = source_yx[row, left : left + wide]
        weight = weights[0]
        for x in range(wide):
            line_x[x] = weight * middle[x]
        for k in range(1, radius + 1):
            above = source_yx[row - k, left : left + wide]
            below = source_yx[row + k, left : left + wide]
            weight = weights[k]
            for x in range(wide):
                line_x[x] += weight * (above[x] + below[x])
        out = out_yx[y]
        centre = line_x[radius : radius + width]
        weight = weights[0]
        for x in range(width):
            out[x] = weight * centre[x]
        for k in range(1, radius + 1):
            before = line_x[radius - k : radius - k + width]
            after = line_x[radius + k : radius + k + width]
            weight = weights[k]
            for x in range(width):
                out[x] += weight * (before[x] + after[x])
