"""Sobel gradient magnitude of the blurred image, one plane a scale and one of the image itself: where edges are.

√((gy² + gx²)/2) of differences of neighbours two pixels apart, smoothed by (1, 2, 1)/4 across: `skimage.filters.sobel`.
Source: I. Sobel and G. Feldman (1968); Trainable Weka Segmentation's Sobel filter. Support: the blur's radius + 1 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

QUARTER = np.float32(0.25)
HALF = np.float32(0.5)
TWO = np.float32(2)


@compiled
def _sobel(
    source_yx: PixelArray,
    y0: int,
    x0: int,
    out_fyx: FloatArray,
    first: int,
    top: int,
    left: int,
    height: int,
    width: int,
) -> None:
    for y in range(height):
        above = source_yx[y0 + y - 1, x0 - 1 : x0 + width + 1]
        middle = source_yx[y0 + y, x0 - 1 : x0 + width + 1]
        below = source_yx[y0 + y + 1, x0 - 1 : x0 + width + 1]
        above_right, middle_right, below_right = above[2:], middle[2:], below[2:]
        above_centre, below_centre = above[1:], below[1:]
        out = out_fyx[first, top + y, left : left + width]
        for x in range(width):
            gx = (above_right[x] - above[x]) + TWO * (middle_right[x] - middle[x]) + (below_right[x] - below[x])
            gy = (below[x] - above[x]) + TWO * (below_centre[x] - above_centre[x]) + (below_right[x] - above_right[x])
            gx *= QUARTER
            gy *= QUARTER
            out[x] = np.sqrt(HALF * (gy * gy + gx * gx))


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _sobel(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Sobel",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 1),),
            compute=_compute,
            ns_per_pixel=0.6,
        )
        for scale_px in scales.with_image()
    )


SOBEL = Family(
    id="sobel",
    name="Sobel gradient",
    group="edges",
    summary="How steeply the grey value changes: bright along edges, dark in even regions.",
    planes="1 for each scale and 1 of the image itself",
    default_weka=True,
    default_samba=True,
    uses_scales=True,
    steps=_steps,
)
