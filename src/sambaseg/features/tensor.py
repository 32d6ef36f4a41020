"""Structure tensors: products of gradients, blurred; for the families "structure_tensor" and "structure_tensor_weka".

Central differences of a blurred image give gy, gx; the products gy², gx², gy·gx are blurred once more, by the
integration scale, and the larger and the smaller eigenvalue of that matrix say how strong edges are and how much they
run one way. Source: J. Bigün and G. H. Granlund (1987).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.blur import blur_into
from sambaseg.features.family import Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

ZERO = np.float32(0)
HALF = np.float32(0.5)
FOUR = np.float32(4)


def tensor_step(scales: Scales, scale_px: float, integrations_px: Sequence[float], names: tuple[str, ...]) -> Step:
    """Return the step of two planes, named in pairs, for each integration scale (the blur of the products)."""
    reach = max(scales.blur_radius_px(integration_px) for integration_px in integrations_px)
    return Step(
        names=names,
        scale_px=scale_px,
        scale_text=scale_text(scale_px),
        sources=(scales.source(scales.blur_px(scale_px), 1 + reach),),
        compute=functools.partial(_compute, tuple(integrations_px), reach, scales.window),
        ns_per_pixel=sum(2.5 + 1.6 * integration_px for integration_px in integrations_px),
        scratch_planes=7,
    )


def _compute(
    integrations_px: tuple[float, ...],
    reach: int,
    window: float,
    sources: tuple[Plane, ...],
    target: Target,
    scratch: Scratch,
) -> None:
    (plane,) = sources
    height, width = target.height, target.width
    products_cyx: FloatArray = scratch.array("tensor products", (3, height + 2 * reach, width + 2 * reach))
    tensor_cyx: FloatArray = scratch.array("tensor", (3, height, width))
    _gradient_products(plane.array_yx, plane.y - reach, plane.x - reach, products_cyx)
    for pair, integration_px in enumerate(integrations_px):
        for product_yx, blurred_yx in zip(products_cyx, tensor_cyx, strict=True):
            blur_into(blurred_yx, product_yx, reach, reach, integration_px, scratch, window=window)
        _eigenvalues(tensor_cyx, *target._replace(first=target.first + 2 * pair))


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
