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
    filter_rows(source_yx, y, x, kernel.weights, np.float32(kernel.parity), out_yx)


def filter_columns_into(out_yx: FloatArray, source_yx: FloatArray, y: int, x: int, kernel: HalfKernel) -> None:
    """Write the filter along x of `source_yx`, from row `y`, column `x` on, into `out_yx`; both C-contiguous."""
    filter_columns(source_yx, y, x, kernel.weights, np.float32(kernel.parity), out_yx)


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
def filter_columns(
    source_yx: PixelArray, y0: int, x0: int, weights: PixelArray, sign: np.float32, out_yx: PixelArray
) -> None:
    """Write the filter along x of `source_yx`, from row `y0`, column `x0` on, into `out_yx`; both C-contiguous.

    `weights` go from the centre outwards; before it they are multiplied by `sign`.
    """
    stride = np.uint64(source_yx.shape[1])
    first = np.uint64(y0) * stride + np.uint64(x0)
    _filter_from(source_yx.reshape(-1), first, stride, ONE, weights, sign, out_yx, np.uint64(0))


@compiled
def filter_rows(
    source_yx: PixelArray, y0: int, x0: int, weights: PixelArray, sign: np.float32, out_yx: PixelArray
) -> None:
    """Write the filter along y, as `filter_columns` that along x: the same sums in the same order."""
    source, stride = source_yx.reshape(-1), np.uint64(source_yx.shape[1])
    first = np.uint64(y0) * stride + np.uint64(x0)
    paired = np.uint64(out_yx.shape[0]) // TWO * TWO
    _filter_row_pairs(source, first, stride, weights, sign, out_yx)
    _filter_from(source, first, stride, stride, weights, sign, out_yx, paired)


@compiled
def _filter_from(
    source: PixelArray,
    first: np.uint64,
    stride: np.uint64,
    step_1: np.uint64,
    weights: PixelArray,
    sign: np.float32,
    out_yx: PixelArray,
    top: np.uint64,
) -> None:
    """Filter the rows from `top` on; rows begin `stride` pixels apart, neighbours stand `step_1` pixels apart.

    Taps are added from the far ones inwards, four pairs at a time: that keeps rounding small and memory traffic low.
    Unsigned indices spare the test for negative ones, without which LLVM would not vectorise the loops.
    """
    height, width = np.uint64(out_yx.shape[0]), np.uint64(out_yx.shape[1])
    step_2, step_3 = step_1 + step_1, step_1 + step_1 + step_1
    radius = np.uint64(weights.size - 1)
    rest = radius % FOUR
    for y in range(top, height):
        middle = first + y * stride
        for x in range(width):
            out_yx[y, x] = ZERO_WEIGHT
        tap = radius
        while tap > rest:
            before, after = middle - tap * step_1, middle + tap * step_1
            w1, w2, w3, w4 = weights[tap], weights[tap - ONE], weights[tap - TWO], weights[tap - THREE]
            for x in range(width):
                p1 = source[after + x] + sign * source[before + x]
                p2 = source[after - step_1 + x] + sign * source[before + step_1 + x]
                p3 = source[after - step_2 + x] + sign * source[before + step_2 + x]
                p4 = source[after - step_3 + x] + sign * source[before + step_3 + x]
                out_yx[y, x] += (w1 * p1 + w2 * p2) + (w3 * p3 + w4 * p4)
            tap -= FOUR
        _add_near_taps(source, middle, step_1, weights, sign, out_yx, np.uint64(y))


@compiled
def _filter_row_pairs(
    source: PixelArray,
    first: np.uint64,
    stride: np.uint64,
    weights: PixelArray,
    sign: np.float32,
    out_yx: PixelArray,
) -> None:
    """Filter along y, two rows at a time, which share most of what they read; a last odd row is left out."""
    width = np.uint64(out_yx.shape[1])
    stride_2, stride_3 = stride + stride, stride + stride + stride
    stride_4 = stride_2 + stride_2
    radius = np.uint64(weights.size - 1)
    rest = radius % FOUR
    for pair in range(np.uint64(out_yx.shape[0]) // TWO):
        upper, lower = pair * TWO, pair * TWO + ONE
        middle = first + upper * stride
        for x in range(width):
            out_yx[upper, x] = ZERO_WEIGHT
        for x in range(width):
            out_yx[lower, x] = ZERO_WEIGHT
        tap = radius
        while tap > rest:
            before, after = middle - tap * stride, middle + tap * stride
            w1, w2, w3, w4 = weights[tap], weights[tap - ONE], weights[tap - TWO], weights[tap - THREE]
            for x in range(width):
                b1, b2, b3 = source[before + stride + x], source[before + stride_2 + x], source[before + stride_3 + x]
                a0, a1, a2 = source[after + x], source[after - stride + x], source[after - stride_2 + x]
                p1 = a0 + sign * source[before + x]
                p2 = a1 + sign * b1
                p3 = a2 + sign * b2
                p4 = source[after - stride_3 + x] + sign * b3
                out_yx[upper, x] += (w1 * p1 + w2 * p2) + (w3 * p3 + w4 * p4)
                p1 = source[after + stride + x] + sign * b1
                p2 = a0 + sign * b2
                p3 = a1 + sign * b3
                p4 = a2 + sign * source[before + stride_4 + x]
                out_yx[lower, x] += (w1 * p1 + w2 * p2) + (w3 * p3 + w4 * p4)
            tap -= FOUR
        _add_near_taps(source, middle, stride, weights, sign, out_yx, upper)
        _add_near_taps(source, middle + stride, stride, weights, sign, out_yx, lower)


@compiled
def _add_near_taps(
    source: PixelArray,
    middle: np.uint64,
    step_1: np.uint64,
    weights: PixelArray,
    sign: np.float32,
    out_yx: PixelArray,
    y: np.uint64,
) -> None:
    """Add to row `y` the centre and the up to three pairs around it that groups of four leave over."""
    width = np.uint64(out_yx.shape[1])
    step_2, step_3 = step_1 + step_1, step_1 + step_1 + step_1
    rest = np.uint64(weights.size - 1) % FOUR
    w0 = weights[0]
    w1 = weights[1] if rest >= ONE else ZERO_WEIGHT
    w2 = weights[2] if rest >= TWO else ZERO_WEIGHT
    w3 = weights[3] if rest >= THREE else ZERO_WEIGHT
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
