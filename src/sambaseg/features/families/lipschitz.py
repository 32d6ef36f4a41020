"""Lipschitz covers, four planes in all: a floor under and a roof over the grey values that rise no faster than a slope.

The lower cover of slope s is the minimum, over all places, of their grey value plus s times the distance; the upper
cover the maximum less that. Bright things narrower than the slope allows vanish from the lower cover, dark ones from
the upper. Slopes are 10 and 25 levels of 255 a pixel, grey values beyond 0..1 count as 0 and 1, and distance is counted
in steps of 1 and diagonal steps of √2. Source: M. Štencel and J. Janáček (2006), the Lipschitz filter of ImageJ that
Trainable Weka Segmentation uses. Support: 25 px, where the smaller slope has not yet risen by 255 levels.
"""

from __future__ import annotations

import math

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray
from sambaseg.features.family import Family, Plane, Target, single_step
from sambaseg.features.scratch import Scratch

SLOPES = (10, 25)
"""Levels of 255 a pixel."""
REACHES = tuple(math.ceil(255 / slope) - 1 for slope in SLOPES)
"""How far each slope rises by less than 255 levels: further away nothing can matter."""
REACH = max(REACHES)
NAMES = tuple(f"Lipschitz {cover} cover, slope {slope}" for slope in SLOPES for cover in ("lower", "upper"))
DIRECTIONS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, math.sqrt(2)), (1, -1, math.sqrt(2)))
"""dy, dx and length of a step; every shortest way is some steps along an axis and some along a diagonal."""


@compiled
def _lower_to_neighbours(values_yx: FloatArray, dy: int, dx: int, cost: np.float32, lowered_yx: FloatArray) -> None:
    """Write the minimum of each value and of those `dy` rows, `dx` columns away on both sides, dearer by `cost`."""
    height, width = values_yx.shape
    lowered_yx[:] = values_yx
    for y in range(height - dy):
        here, there = max(0, -dx), max(0, dx)
        count = np.uint64(width - abs(dx))
        upper, lower = values_yx[y, here:], values_yx[y + dy, there:]
        upper_lowered, lower_lowered = lowered_yx[y, here:], lowered_yx[y + dy, there:]
        for x in range(count):
            upper_lowered[x] = np.minimum(upper_lowered[x], lower[x] + cost)
        for x in range(count):
            lower_lowered[x] = np.minimum(lower_lowered[x], upper[x] + cost)


def _lower_cover(values_yx: FloatArray, spare_yx: FloatArray, slope: float) -> FloatArray:
    """Return the lower cover in one of the two arrays, whose content is lost: each direction by steps of 1, 2, 4 …"""
    for dy, dx, length in DIRECTIONS:
        step = 1
        while (step - 1) * slope < 1:
            if step < max(values_yx.shape):
                cost = np.float32(step * length * slope)
                _lower_to_neighbours(values_yx, step * dy, step * dx, cost, spare_yx)
                values_yx, spare_yx = spare_yx, values_yx
            step *= 2
    return values_yx


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    index = 0
    for level_slope, reach in zip(SLOPES, REACHES, strict=True):
        window_yx = target.around(sources[0], reach)
        cover_yx: FloatArray = scratch.array("cover", window_yx.shape)
        spare_yx: FloatArray = scratch.array("spare cover", window_yx.shape)
        for sign in (1, -1):
            np.clip(window_yx, np.float32(0), np.float32(1), out=cover_yx)
            np.multiply(cover_yx, np.float32(sign), out=cover_yx)
            lowered_yx = _lower_cover(cover_yx, spare_yx, level_slope / 255)[reach:-reach, reach:-reach]
            np.multiply(lowered_yx, np.float32(sign), out=target.plane(index))
            index += 1


LIPSCHITZ = Family(
    id="lipschitz",
    name="Lipschitz cover",
    group="brightness",
    summary="A floor or a roof that rises only slowly: levels out small bright or dark things.",
    planes="4",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    steps=single_step(NAMES, _compute, reach_px=REACH, ns_per_pixel=60.0, scratch_planes=2),
)
