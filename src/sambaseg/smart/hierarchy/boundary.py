"""Boundary strength: how much the picture changes at a pixel, at a scale; and how its texture changes.

Gradient magnitude of the Gaussian blur, over all channels together (Di Zenzo 1986, without the cross terms).
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray
from sambaseg.features.blur import blur_into, gaussian_radius_px
from sambaseg.features.scratch import Scratch

FLAT = np.float32(2.0**-12)
"""Weaker boundaries count as none: a sixteenth of a step of 8 bits, about what rounding leaves on a flat place."""

TEXTURE_SIGMA_PX = 2.0
TEXTURE_FLOOR = np.float32(0.01)
"""Standard deviations below this count alike: they are noise of an almost flat place."""


def blurred(pixels_yx: FloatArray, sigma_px: float) -> FloatArray:
    """Return the Gaussian blur of `pixels_yx` with reflected borders; float32, same shape."""
    radius = gaussian_radius_px(sigma_px)
    padded_yx = np.ascontiguousarray(np.pad(pixels_yx, radius, mode="symmetric"))
    out_yx = np.empty(pixels_yx.shape, np.float32)
    blur_into(out_yx, padded_yx, radius, radius, sigma_px, Scratch())
    return out_yx


def boundary_strength(pixels_cyx: FloatArray, sigma_px: float) -> FloatArray:
    """Return the gradient magnitude at `sigma_px` of pixels (C, h, w); float32 (h, w), grey values a pixel."""
    squared_yx = np.zeros(pixels_cyx.shape[1:], np.float32)
    for pixels_yx in pixels_cyx:
        _add_squared_gradient(blurred(pixels_yx, sigma_px), squared_yx)
    strength_yx = np.sqrt(squared_yx)
    strength_yx[strength_yx < FLAT] = 0
    return strength_yx


def texture_strength(grey_yx: FloatArray) -> FloatArray:
    """Return the logarithm of the local standard deviation within `TEXTURE_SIGMA_PX`; float32 (h, w)."""
    mean_yx = blurred(grey_yx, TEXTURE_SIGMA_PX)
    variance_yx = blurred((grey_yx - mean_yx) ** 2, TEXTURE_SIGMA_PX)
    return np.log(np.sqrt(np.maximum(variance_yx, np.float32(0))) + TEXTURE_FLOOR)


@compiled
def _add_squared_gradient(pixels_yx: FloatArray, squared_yx: FloatArray) -> None:
    """Add the squared central differences (one-sided at borders) of `pixels_yx` to `squared_yx`."""
    height, width = pixels_yx.shape
    half, whole = np.float32(0.5), np.float32(1)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        along_y = half if below - above == 2 else whole
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            along_x = half if right - left == 2 else whole
            dy = (pixels_yx[below, x] - pixels_yx[above, x]) * along_y
            dx = (pixels_yx[y, right] - pixels_yx[y, left]) * along_x
            squared_yx[y, x] += dy * dy + dx * dx
