"""Gaussian blur of a tile: the sampled, normalised Gaussian, cut off at 4 sigma or at another stated window.

The weights are those of `scipy.ndimage.gaussian_filter` (truncate 4.0, or the window).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sambaseg.features.arrays import PixelArray
from sambaseg.features.scratch import Scratch
from sambaseg.features.separable import filter_columns, filter_rows

TRUNCATE = 4.0
"""The kernel's radius in standard deviations, where no other window is stated."""

EVEN = np.float32(1)
"""A Gaussian's weights before the centre are those after it."""


def gaussian_radius_px(sigma_px: float, window: float = TRUNCATE) -> int:
    """Return how far the Gaussian of `sigma_px` reaches: ``int(window * sigma + 0.5)``, 0 for no blur."""
    return int(window * sigma_px + 0.5)


@lru_cache(maxsize=256)
def gaussian_weights(sigma_px: float, dtype: npt.DTypeLike = np.float32, *, window: float = TRUNCATE) -> PixelArray:
    """Return the weights from the centre outwards, shape (radius + 1,), of a kernel whose sum is 1."""
    radius = gaussian_radius_px(sigma_px, window)
    if radius == 0:
        return np.ones(1, dtype)
    distance = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / sigma_px**2 * distance**2)
    return np.ascontiguousarray((weights / weights.sum())[radius:], dtype=dtype)


def blur_into(
    out_yx: PixelArray,
    source_yx: PixelArray,
    y: int,
    x: int,
    sigma_px: float,
    scratch: Scratch,
    *,
    window: float = TRUNCATE,
) -> None:
    """Write the blur of `source_yx` from row `y`, column `x` on into `out_yx`; both C-contiguous.

    `source_yx` must hold `gaussian_radius_px(sigma_px, window)` pixels more on each side. Sums have the precision of
    `out_yx`, float32 or float64.
    """
    radius = gaussian_radius_px(sigma_px, window)
    height, width = out_yx.shape
    tall_yx: PixelArray = scratch.array("blurred along y", (height, width + 2 * radius), out_yx.dtype)
    weights = gaussian_weights(sigma_px, out_yx.dtype, window=window)
    filter_rows(source_yx, y, x - radius, weights, EVEN, tall_yx)
    filter_columns(tall_yx, 0, radius, weights, EVEN, out_yx)
