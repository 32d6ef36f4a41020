"""Eigenvalues of the Hessian of Gaussian, two planes a scale, larger first: ridges, valleys and spots.

Second derivatives are differences of direct neighbours, (1, -2, 1) and for yx a quarter of the four corners, so that
scales below 1 px see the finest lines; the family "hessian" looks two pixels far, as Trainable Weka Segmentation does.
The image itself takes no part. Source: ilastik's Hessian of Gaussian eigenvalues (Sommer et al. 2011,
doi:10.1109/ISBI.2011.5872394). Support: the blur's radius + 1 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

NAMES = ("Hessian of Gaussian eigenvalue 1", "Hessian of Gaussian eigenvalue 2")
QUARTER = np.float32(0.25)
HALF = np.float32(0.5)
TWO = np.float32(2)
FOUR = np.float32(4)


@compiled
def _hessian_eigenvalues(
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
        above = source_yx[row - 1, x0 - 1 : x0 + width + 1]
        middle = source_yx[row, x0 - 1 : x0 + width + 1]
        below = source_yx[row + 1, x0 - 1 : x0 + width + 1]
        above_centre, centre, below_centre = above[1:], middle[1:], below[1:]
        above_right, right, below_right = above[2:], middle[2:], below[2:]
        larger = out_fyx[first, top + y, left : left + width]
        smaller = out_fyx[first + 1, top + y, left : left + width]
        for x in range(width):
            twice = TWO * centre[x]
            yy = (below_centre[x] + above_centre[x]) - twice
            xx = (right[x] + middle[x]) - twice
            yx = QUARTER * ((below_right[x] - below[x]) - (above_right[x] - above[x]))
            total = yy + xx
            difference = yy - xx
            root = np.sqrt(difference * difference + FOUR * (yx * yx))
            larger[x] = HALF * (total + root)
            smaller[x] = HALF * (total - root)


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _hessian_eigenvalues(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=NAMES,
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 1, curvature_step_px=1),),
            compute=_compute,
            ns_per_pixel=1.0,
        )
        for scale_px in scales.listed_px
    )


HESSIAN_EIGENVALUES = Family(
    id="hessian_eigenvalues",
    name="Hessian eigenvalues",
    group="lines",
    summary="The two curvatures alone, from direct neighbours, as ilastik measures them.",
    planes="2 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
