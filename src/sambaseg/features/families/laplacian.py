"""Laplacian of Gaussian, one plane a scale: dark spots positive, bright spots negative, zero where the slope is even.

The sum of the four neighbours less four times the pixel, of the blurred image: `scipy.ndimage.laplace` of a Gaussian.
Unlike sampled derivatives of a Gaussian it is exactly zero on flat images, however small the blur. Source: D. Marr and
E. Hildreth (1980), doi:10.1098/rspb.1980.0020. Support: the blur's radius + 1 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

FOUR = np.float32(4)


@compiled
def _laplacian(
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
        above = source_yx[row - 1, x0 : x0 + width]
        before = source_yx[row, x0 - 1 : x0 - 1 + width]
        centre = source_yx[row, x0 : x0 + width]
        after = source_yx[row, x0 + 1 : x0 + 1 + width]
        below = source_yx[row + 1, x0 : x0 + width]
        out = out_fyx[first, top + y, left : left + width]
        for x in range(width):
            out[x] = ((above[x] + below[x]) + (before[x] + after[x])) - FOUR * centre[x]


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _laplacian(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Laplacian of Gaussian",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 1, curvature_step_px=1),),
            compute=_compute,
            ns_per_pixel=1.0,
        )
        for scale_px in scales.listed_px
    )


LAPLACIAN = Family(
    id="laplacian",
    name="Laplacian of Gaussian",
    group="lines",
    summary="Spots and the two sides of an edge: positive in the dark, negative in the bright.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
