"""Gaussian blur of a tile: the sampled, normalised Gaussian, cut off at 4 sigma or at another stated window.

The weights are those of `scipy.ndimage.gaussian_filter` (truncate 4.0, or the window). Every pixel is the same sum in
the same order wherever its tile begins, so tiles and whole images agree bit for bit.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.features.arrays import PixelArray
from sambaseg.features.scratch import Scratch

TRUNCATE = 4.0
"""The kernel's radius in standard deviations, where no other window is stated."""

ONE, TWO, THREE, FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
ZERO_WEIGHT = np.float32(0)


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
    row_px = source_yx.shape[1]
    _blur_along(source_yx.reshape(-1), y * row_px + x - radius, row_px, row_px, weights, tall_yx)
    _blur_along(tall_yx.reshape(-1), radius, tall_yx.shape[1], 1, weights, out_yx)


@compiled
def _blur_along(
    source: PixelArray, start: int, row_px: int, step: int, weights: PixelArray, out_yx: PixelArray
) -> None:
    """Blur along one axis of a flat array whose rows have `row_px` pixels; neighbours stand `step` pixels apart.

    Taps are added from the far ones inwards, four pairs at a time: that keeps rounding small and memory traffic low.
    Unsigned indices spare the test for negative ones, without which LLVM would not vectorise the loops.
    """
    height, width = np.uint64(out_yx.shape[0]), np.uint64(out_yx.shape[1])
    first, stride, step_1 = np.uint64(start), np.uint64(row_px), np.uint64(step)
    step_2, step_3 = step_1 + step_1, step_1 + step_1 + step_1
    radius = np.uint64(weights.size - 1)
    rest = radius % FOUR
    w0 = weights[0]
    w1 = weights[1] if rest >= ONE else ZERO_WEIGHT
    w2 = weights[2] if rest >= TWO else ZERO_WEIGHT
    w3 = weights[3] if rest >= THREE else ZERO_WEIGHT
    for y in range(height):
        middle = first + y * stride
        for x in range(width):
            out_yx[y, x] = ZERO_WEIGHT
        tap = radius
        while tap > rest:
            before, after = middle - tap * step_1, middle + tap * step_1
            v1, v2, v3, v4 = weights[tap], weights[tap - ONE], weights[tap - TWO], weights[tap - THREE]
            for x in range(width):
                p1 = source[before + x] + source[after + x]
                p2 = source[before + step_1 + x] + source[after - step_1 + x]
                p3 = source[before + step_2 + x] + source[after - step_2 + x]
                p4 = source[before + step_3 + x] + source[after - step_3 + x]
                out_yx[y, x] += (v1 * p1 + v2 * p2) + (v3 * p3 + v4 * p4)
            tap -= FOUR
        if rest == THREE:
            for x in range(width):
                p1 = source[middle - step_1 + x] + source[middle + step_1 + x]
                p2 = source[middle - step_2 + x] + source[middle + step_2 + x]
                p3 = source[middle - step_3 + x] + source[middle + step_3 + x]
                out_yx[y, x] += (w3 * p3 + w2 * p2) + (w1 * p1 + w0 * source[middle + x])
        elif rest == TWO:
            for x in range(width):
                p1 = source[middle - step_1 + x] + source[middle + step_1 + x]
                p2 = source[middle - step_2 + x] + source[middle + step_2 + x]
                out_yx[y, x] += w2 * p2 + (w1 * p1 + w0 * source[middle + x])
        elif rest == ONE:
            for x in range(width):
                p1 = source[middle - step_1 + x] + source[middle + step_1 + x]
                out_yx[y, x] += w1 * p1 + w0 * source[middle + x]
        else:
            for x in range(width):
                out_yx[y, x] += w0 * source[middle + x]
