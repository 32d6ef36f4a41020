"""Trainable Weka Segmentation's three further Hessian planes, at every scale and of the image itself.

With the second derivatives of the family "hessian" and eigenvalues e1 ≥ e2: the direction of the largest second
derivative, ½·atan2(2·yx, xx - yy), in radians, 0 along x and positive towards y; the squared difference of the
eigenvalues, γ²·(e1 - e2)²; the squared difference of their squares, γ²·(e1² - e2²)². γ = 1, as there: a constant
factor of a plane does not matter to a forest. Source: T. Lindeberg (1998), doi:10.1023/A:1008045108935; Trainable
Weka Segmentation, whose own formula of the direction takes the arc cosine of values above 1. Support: the blur's
radius + 2 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

NAMES = (
    "Hessian orientation",
    "Hessian eigenvalue difference, squared",
    "Hessian difference of squared eigenvalues, squared",
)
ZERO = np.float32(0)
TINY = np.float32(1e-38)
PI = np.float32(np.pi)
HALF_PI = np.float32(np.pi / 2)
A0, A1, A2, A3 = np.float32(0.99999988), np.float32(-0.33331960), np.float32(0.19969235), np.float32(-0.14016585)
A4, A5, A6, A7 = np.float32(0.09906097), np.float32(-0.05936710), np.float32(0.02416619), np.float32(-0.00466877)
QUARTER = np.float32(0.25)
HALF = np.float32(0.5)
TWO = np.float32(2)
FOUR = np.float32(4)


@compiled
def _angle(y: np.float32, x: np.float32) -> np.float32:
    """Return the angle of (x, y), right to 1e-6; 0 for (0, 0). Without branches, so that loops are vectorised.

    arctan(t) on 0..1 is t times a polynomial in t², fitted at Chebyshev nodes (error 2e-7), and then mirrored.
    """
    size_x, size_y = abs(x), abs(y)
    # `/` would test for zero, and the test keeps LLVM from vectorising
    ratio: np.float32 = np.divide(np.minimum(size_x, size_y), np.maximum(np.maximum(size_x, size_y), TINY))
    square = ratio * ratio
    high = A4 + square * (A5 + square * (A6 + square * A7))
    angle = ratio * (A0 + square * (A1 + square * (A2 + square * (A3 + square * high))))
    angle += np.float32(size_y > size_x) * (HALF_PI - TWO * angle)
    angle += np.float32(x < ZERO) * (PI - TWO * angle)
    angle -= np.float32(y < ZERO) * (TWO * angle)
    return angle


@compiled
def _hessian_weka(
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
        orientation = out_fyx[first, top + y, left : left + width]
        eigenvalue_difference = out_fyx[first + 1, top + y, left : left + width]
        square_difference = out_fyx[first + 2, top + y, left : left + width]
        for x in range(width):
            twice = TWO * centre[x]
            yy = QUARTER * ((far_below[x] + far_above[x]) - twice)
            xx = QUARTER * ((far_right[x] + far_left[x]) - twice)
            yx = QUARTER * ((below_right[x] - below_left[x]) - (above_right[x] - above_left[x]))
            total = yy + xx
            difference = xx - yy
            squared = difference * difference + FOUR * (yx * yx)
            orientation[x] = HALF * _angle(TWO * yx, difference)
            eigenvalue_difference[x] = squared
            square_difference[x] = (total * total) * squared


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    (plane,) = sources
    _hessian_weka(plane.array_yx, plane.y, plane.x, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=NAMES,
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 2, curvature_step_px=2),),
            compute=_compute,
            ns_per_pixel=4.0,
        )
        for scale_px in scales.with_image()
    )


HESSIAN_WEKA = Family(
    id="hessian_weka",
    name="Hessian extras",
    group="lines",
    summary="Which way lines run, and how much they differ from spots.",
    planes="3 for each scale and 3 of the image itself",
    default_weka=True,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
