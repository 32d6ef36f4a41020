"""Separable filters whose kernels are even or odd: Gaussians, their derivatives, the waves of Gabor filters.

A kernel is given from its centre outwards. Every pixel is the same sum in the same order wherever its tile begins, so
tiles and whole images agree bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, PixelArray
from sambaseg.features.scratch import Scratch

ONE, TWO, THREE, FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
ZERO_WEIGHT = np.float32(0)


@dataclass(frozen=True, eq=False)
class HalfKernel:
    """Weights from the centre outwards, float32; those before the centre are equal (`parity` 1) or negated (-1).

    The filter is a correlation: a positive weight at distance d of an odd kernel counts the pixel d further along.
    """

    weights: FloatArray
    parity: int

    @property
    def radius_px(self) -> int:
        """How far the kernel reaches."""
        return self.weights.size - 1


def filter_rows_into(out_yx: FloatArray, source_yx: FloatArray, y: int, x: int, kernel: HalfKernel) -> None:
    """Write the filter along y of `source_yx`, from row `y`, column `x` on, into `out_yx`; both C-contiguous."""
    row_px, sign = source_yx.shape[1], np.float32(kernel.parity)
    filter_along(source_yx.reshape(-1), y * row_px + x, row_px, row_px, kernel.weights, sign, out_yx)


def filter_columns_into(out_yx: FloatArray, source_yx: FloatArray, y: int, x: int, kernel: HalfKernel) -> None:
    """Write the filter along x of `source_yx`, from row `y`, column `x` on, into `out_yx`; both C-contiguous."""
    row_px, sign = source_yx.shape[1], np.float32(kernel.parity)
    filter_along(source_yx.reshape(-1), y * row_px + x, row_px, 1, kernel.weights, sign, out_yx)


def filter_into(
    out_yx: FloatArray,
    source_yx: FloatArray,
    y: int,
    x: int,
    kernels: tuple[HalfKernel, HalfKernel],
    scratch: Scratch,
) -> None:
    """Write the filter along y by the first kernel and along x by the second; `source_yx` holds what they reach."""
    along_y, along_x = kernels
    height, width = out_yx.shape
    tall_yx: FloatArray = scratch.array("filtered along y", (height, width + 2 * along_x.radius_px))
    filter_rows_into(tall_yx, source_yx, y, x - along_x.radius_px, along_y)
    filter_columns_into(out_yx, tall_yx, 0, along_x.radius_px, along_x)


@compiled
def filter_along(
    source: PixelArray,
    start: int,
    row_px: int,
    step: int,
    weights: PixelArray,
    sign: np.float32,
    out_yx: PixelArray,
) -> None:
    """Filter along one axis of a flat array whose rows have `row_px` pixels; neighbours stand `step` pixels apart.

    `weights` go from the centre outwards; before it they are multiplied by `sign`. Taps are added from the far ones
    inwards, four pairs at a time: that keeps rounding small and memory traffic low. Unsigned indices spare the test for
    negative ones, without which LLVM would not vectorise the loops.
    """
    height, width = np.uint64(out_yx.shape[0]), np.uint64(out_yx.shape[1])
    first, stride, step_1 = np.uint64(start), np.uint64(row_px), np.uint64(step)
    step_2, step_3 = step_1 + step_1, step_1 + step_1 + step_1
    radius = np.uint64(weights.size - 1)
    rest = radius % FOUR
    w0 = weights[0]
    w1 = weights[1] if rest >= ONE else ZERO_WEIGHT
    w2 = weights[2] if rest >= TWO else ZERO_WEIGHT
    w3 = weights[3] if rest >= THREE else ZERO_WEIGHT
    for y in range(height):
        middle = first + y * stride
        for x in range(width):
            out_yx[y, x] = ZERO_WEIGHT
        tap = radius
        while tap > rest:
            before, after = middle - tap * step_1, middle + tap * step_1
            v1, v2, v3, v4 = weights[tap], weights[tap - ONE], weights[tap - TWO], weights[tap - THREE]
            for x in range(width):
                p1 = source[after + x] + sign * source[before + x]
                p2 = source[after - step_1 + x] + sign * source[before + step_1 + x]
                p3 = source[after - step_2 + x] + sign * source[before + step_2 + x]
                p4 = source[after - step_3 + x] + sign * source[before + step_3 + x]
                out_yx[y, x] += (v1 * p1 + v2 * p2) + (v3 * p3 + v4 * p4)
            tap -= FOUR
        if rest == THREE:
            for x in range(width):
                p1 = source[middle + step_1 + x] + sign * source[middle - step_1 + x]
                p2 = source[middle + step_2 + x] + sign * source[middle - step_2 + x]
                p3 = source[middle + step_3 + x] + sign * source[middle - step_3 + x]
                out_yx[y, x] += (w3 * p3 + w2 * p2) + (w1 * p1 + w0 * source[middle + x])
        elif rest == TWO:
            for x in range(width):
                p1 = source[middle + step_1 + x] + sign * source[middle - step_1 + x]
                p2 = source[middle + step_2 + x] + sign * source[middle - step_2 + x]
                out_yx[y, x] += w2 * p2 + (w1 * p1 + w0 * source[middle + x])
        elif rest == ONE:
            for x in range(width):
                p1 = source[middle + step_1 + x] + sign * source[middle - step_1 + x]
                out_yx[y, x] += w1 * p1 + w0 * source[middle + x]
        else:
            for x in range(width):
                out_yx[y, x] += w0 * source[middle + x]
