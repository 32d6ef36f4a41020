"""Hessian of the blurred image, five planes a scale and five of the image itself: ridges, valleys, blobs and saddles.

Second derivatives yy, xx, yx are central differences (half the difference of neighbours two pixels apart) taken twice,
as `numpy.gradient` does. Planes: module √(yy² + yx² + xx²), trace, determinant, larger and smaller eigenvalue (signed).
Source: Trainable Weka Segmentation's Hessian (Arganda-Carreras et al. 2017). Support: the blur's radius + 2 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

NAMES = (
    "Hessian module",
    "Hessian trace",
    "Hessian determinant",
    "Hessian eigenvalue 1",
    "Hessian eigenvalue 2",
)
QUARTER = np.float32(0.25)
HALF = np.float32(0.5)
TWO = np.float32(2)
FOUR = np.float32(4)


@compiled
def _hessian(
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
        row = y0 + y
        far_above = source_yx[row - 2, x0 : x0 + width]
        above_left = source_yx[row - 1, x0 - 1 : x0 - 1 + width]
        above_right = source_yx[row - 1, x0 + 1 : x0 + 1 + width]
        far_left = source_yx[row, x0 - 2 : x0 - 2 + width]
        centre = source_yx[row, x0 : x0 + width]
        far_right = source_yx[row, x0 + 2 : x0 + 2 + width]
        below_left = source_yx[row + 1, x0 - 1 : x0 - 1 + width]
        below_right = source_yx[row + 1, x0 + 1 : x0 + 1 + width]
        far_below = source_yx[row + 2, x0 : x0 + width]
        module = out_fyx[first, top + y, left : left + width]
        trace = out_fyx[first + 1, top + y, left : left + width]
        determinant = out_fyx[first + 2, top + y, left : left + width]
        eigenvalue_1 = out_fyx[first + 3, top + y, left : left + width]
        eigenvalue_2 = out_fyx[first + 4, top + y, left : left + width]
        for x in range(width):
            twice = TWO * centre[x]
            yy = QUARTER * ((far_below[x] + far_above[x]) - twice)
            xx = QUARTER * ((far_right[x] + far_left[x]) - twice)
            yx = QUARTER * ((below_right[x] - below_left[x]) - (above_right[x] - above_left[x]))
            mixed = yx * yx
            total = yy + xx
            difference = yy - xx
            root = np.sqrt(difference * difference + FOUR * mixed)
            module[x] = np.sqrt((yy * yy + xx * xx) + mixed)
            trace[x] = total
            determinant[x] = yy * xx - mixed
            eigenvalue_1[x] = HALF * (total + root)
            eigenvalue_2[x] = HALF * (total - root)


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _hessian(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=NAMES,
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 2, curvature_step_px=2),),
            compute=_compute,
            ns_per_pixel=2.0,
        )
        for scale_px in scales.with_image()
    )


HESSIAN = Family(
    id="hessian",
    name="Hessian",
    group="lines",
    summary="How the grey value curves: finds lines, valleys, spots and corners.",
    planes="5 for each scale and 5 of the image itself",
    default_weka=True,
    default_samba=True,
    uses_scales=True,
    steps=_steps,
)
