"""Gradient magnitude of the Gaussian, one plane a scale: how steeply the grey value changes.

√(gy² + gx²) of central differences (half the difference of neighbours two pixels apart) of the blurred image: a ramp
has its own slope at every scale. Unlike "sobel", nothing is smoothed across, and the image itself takes no part.
Source: ilastik's Gaussian gradient magnitude (Sommer et al. 2011, doi:10.1109/ISBI.2011.5872394). Support: the blur's
radius + 1 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

HALF = np.float32(0.5)


@compiled
def _gradient_magnitude(
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
        after = source_yx[row, x0 + 1 : x0 + 1 + width]
        below = source_yx[row + 1, x0 : x0 + width]
        out = out_fyx[first, top + y, left : left + width]
        for x in range(width):
            gy = HALF * (below[x] - above[x])
            gx = HALF * (after[x] - before[x])
            out[x] = np.sqrt(gy * gy + gx * gx)


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _gradient_magnitude(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Gradient magnitude",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 1),),
            compute=_compute,
            ns_per_pixel=0.6,
        )
        for scale_px in scales.listed_px
    )


GRADIENT_MAGNITUDE = Family(
    id="gradient_magnitude",
    name="Gradient magnitude",
    group="edges",
    summary="How steeply the grey value changes after the blur, as ilastik measures it.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
