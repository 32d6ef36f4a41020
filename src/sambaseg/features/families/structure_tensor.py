"""Structure tensor, two planes a scale: how strongly and how one-sidedly the grey value changes nearby.

Central differences of the blurred image give gy, gx; the products gy², gx², gy·gx are blurred once more, by half the
listed scale, and the larger and the smaller eigenvalue of that matrix are the planes: both small in even regions, one
large along edges and lines, both large at corners. Source: J. Bigün and G. H. Granlund (1987); half the scale as
integration scale as in ilastik. Support: both blurs' radii + 1 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.blur import blur_into, gaussian_radius_px
from sambaseg.features.family import (
    ComputeStep,
    Family,
    Plane,
    Scales,
    Source,
    Step,
    Target,
    scale_text,
)
from sambaseg.features.scratch import Scratch

INTEGRATION = 0.5
"""Blur of the products, in units of the listed scale, in both conventions."""

NAMES = ("Structure tensor eigenvalue 1", "Structure tensor eigenvalue 2")
ZERO = np.float32(0)
HALF = np.float32(0.5)
FOUR = np.float32(4)


@compiled
def _gradient_products(source_yx: PixelArray, y0: int, x0: int, products_cyx: FloatArray) -> None:
    height, width = products_cyx.shape[1:]
    for y in range(height):
        above = source_yx[y0 + y - 1, x0 : x0 + width]
        before = source_yx[y0 + y, x0 - 1 : x0 - 1 + width]
        after = source_yx[y0 + y, x0 + 1 : x0 + 1 + width]
        below = source_yx[y0 + y + 1, x0 : x0 + width]
        yy, xx, yx = products_cyx[0, y], products_cyx[1, y], products_cyx[2, y]
        for x in range(width):
            gy = HALF * (below[x] - above[x])
            gx = HALF * (after[x] - before[x])
            yy[x] = gy * gy
            xx[x] = gx * gx
            yx[x] = gy * gx


@compiled
def _eigenvalues(
    tensor_cyx: FloatArray, out_fyx: FloatArray, first: int, top: int, left: int, height: int, width: int
) -> None:
    for y in range(height):
        yy, xx, yx = tensor_cyx[0, y], tensor_cyx[1, y], tensor_cyx[2, y]
        larger = out_fyx[first, top + y, left : left + width]
        smaller = out_fyx[first + 1, top + y, left : left + width]
        for x in range(width):
            total = yy[x] + xx[x]
            difference = yy[x] - xx[x]
            root = np.sqrt(difference * difference + FOUR * (yx[x] * yx[x]))
            larger[x] = HALF * (total + root)
            smaller[x] = np.maximum(HALF * (total - root), ZERO)  # rounding may take it below 0


def _tensor_at(scale_px: float) -> ComputeStep:
    integration_px = INTEGRATION * scale_px
    reach = gaussian_radius_px(integration_px)

    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        (plane,) = sources
        height, width = target.height, target.width
        products_cyx: FloatArray = scratch.array("tensor products", (3, height + 2 * reach, width + 2 * reach))
        tensor_cyx: FloatArray = scratch.array("tensor", (3, height, width))
        _gradient_products(plane.array_yx, plane.y - reach, plane.x - reach, products_cyx)
        for product_yx, blurred_yx in zip(products_cyx, tensor_cyx, strict=True):
            blur_into(blurred_yx, product_yx, reach, reach, integration_px, scratch)
        _eigenvalues(tensor_cyx, *target)

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=NAMES,
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(Source(scales.blur_px(scale_px), 1 + gaussian_radius_px(INTEGRATION * scale_px)),),
            compute=_tensor_at(scale_px),
            ns_per_pixel=3 + 3 * scale_px,
        )
        for scale_px in scales.listed_px
    )


STRUCTURE_TENSOR = Family(
    id="structure_tensor",
    name="Structure tensor",
    summary="How strong edges are, and whether they run one way (lines) or several (corners, texture).",
    planes="2 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
