"""Gaussian derivatives of order 2 to 5, four planes a scale: fine structure that crosses in both directions.

The plane of order n is differentiated n times along y and n times along x, as in Trainable Weka Segmentation. A second
derivative is the difference (1, -2, 1), a first one (-1, 0, 1)/2, both of the blurred image, so that each plane is
exactly zero on flat images however small the blur. Differences and blur are one kernel for each direction, since high
differences of a blurred image would drown in rounding. The Gaussian is cut off half as far again as usual (6 sigma):
the higher the derivative, the more its far ends count. Source: T. Lindeberg (1993), doi:10.1007/BF01420984. Support:
1.5 times the blur's radius + 1 px at order 2, 2 px at 3 and 4, 3 px at 5.
"""

from __future__ import annotations

import functools
from functools import lru_cache

import numpy as np

from sambaseg.features.family import Family, Plane, Scales, Source, Step, Target, scale_text
from sambaseg.features.scratch import Scratch
from sambaseg.features.separable import HalfKernel, filter_into

ORDERS = (2, 3, 4, 5)
FURTHER = 1.5
"""How much further than a blur the kernels reach."""
SECOND, FIRST = np.array([1.0, -2.0, 1.0]), np.array([-0.5, 0.0, 0.5])


@lru_cache(maxsize=256)
def derivative_kernel(blur_px: float, order: int, window: float) -> HalfKernel:
    """Return the differences of this order of the Gaussian of `blur_px` that sums to 1."""
    reach = int(FURTHER * window * blur_px + 0.5)
    distance = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 / blur_px**2 * distance**2) if reach else np.ones(1)
    kernel /= kernel.sum()
    for _ in range(order // 2):
        kernel = np.convolve(kernel, SECOND)
    if order % 2:
        kernel = np.convolve(kernel, FIRST[::-1])
    half = kernel[kernel.size // 2 :].copy()
    half[0] = 0 if order % 2 else -2 * half[1:].sum()
    return HalfKernel(half.astype(np.float32), -1 if order % 2 else 1)


def _compute(kernel: HalfKernel, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    out_yx = scratch.array("derivative", (target.height, target.width))
    filter_into(out_yx, plane.array_yx, plane.y, plane.x, (kernel, kernel), scratch)
    target.plane(0)[...] = out_yx


def _step(scales: Scales, scale_px: float, order: int) -> Step:
    kernel = derivative_kernel(scales.blur_px(scale_px), order, scales.window)
    return Step(
        names=(f"Derivative of order {order}",),
        scale_px=scale_px,
        scale_text=scale_text(scale_px),
        sources=(Source(0.0, kernel.radius_px),),
        compute=functools.partial(_compute, kernel),
        ns_per_pixel=1 + 0.15 * kernel.radius_px,
        scratch_planes=2,
    )


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(_step(scales, scale_px, order) for scale_px in scales.listed_px for order in ORDERS)


DERIVATIVES = Family(
    id="derivatives",
    name="Derivatives",
    group="lines",
    summary="Changes of changes, up to the fifth order: fine crossings, corners and grids.",
    planes="4 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
