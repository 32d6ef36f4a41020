"""Kuwahara filter, one plane a scale: smooth inside regions, sharp at their edges.

Four squares meet at the pixel, each with it as a corner and reaching the scale to one side (a window of 5 × 5 px for
2 px, squares of 3 × 3); the plane is the mean of the square that varies least, the first from the top left where
several do. Sums are in double precision. Below a scale of 1 px it is the pixel itself, in both conventions. Source: M.
Kuwahara et al. (1976), doi:10.1007/978-1-4684-0769-3_13. Support: the scale, rounded down.
"""

from __future__ import annotations

import functools

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray
from sambaseg.features.family import Family, Plane, Scales, Source, Step, Target, scale_text
from sambaseg.features.scratch import Scratch


@compiled
def _square_sums(
    source_yx: FloatArray,
    y0: int,
    x0: int,
    side: int,
    row_x: DoubleArray,
    row_squares_x: DoubleArray,
    sums_cyx: DoubleArray,
) -> None:
    """Write the sums of values and of their squares over the square whose top left pixel each is, from (y0, x0) on."""
    height, width = sums_cyx.shape[1:]
    sums_cyx[:] = 0.0
    for row in range(height + side - 1):
        row_x[:] = 0.0
        row_squares_x[:] = 0.0
        for dx in range(side):
            values = source_yx[y0 + row, x0 + dx : x0 + dx + width]
            for x in range(width):
                value = np.float64(values[x])
                row_x[x] += value
                row_squares_x[x] += value * value
        for y in range(max(0, row - side + 1), min(row + 1, height)):
            sums, squares = sums_cyx[0, y], sums_cyx[1, y]
            for x in range(width):
                sums[x] += row_x[x]
                squares[x] += row_squares_x[x]


@compiled
def _kuwahara(
    sums_cyx: DoubleArray, reach: int, out_fyx: FloatArray, first: int, top: int, left: int, height: int, width: int
) -> None:
    share = 1.0 / (reach + 1) ** 2
    for y in range(height):
        out = out_fyx[first, top + y, left : left + width]
        above, above_squares = sums_cyx[0, y], sums_cyx[1, y]
        below, below_squares = sums_cyx[0, y + reach], sums_cyx[1, y + reach]
        above_right, above_right_squares = above[reach:], above_squares[reach:]
        below_right, below_right_squares = below[reach:], below_squares[reach:]
        for x in range(width):
            mean, mean_2 = share * above[x], share * above_right[x]
            mean_3, mean_4 = share * below[x], share * below_right[x]
            variance, variance_2 = share * above_squares[x] - mean**2, share * above_right_squares[x] - mean_2**2
            variance_3, variance_4 = share * below_squares[x] - mean_3**2, share * below_right_squares[x] - mean_4**2
            mean = mean_2 if variance_2 < variance else mean
            variance = min(variance, variance_2)
            mean = mean_3 if variance_3 < variance else mean
            variance = min(variance, variance_3)
            out[x] = np.float32(mean_4 if variance_4 < variance else mean)


def _compute(reach: int, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    height, width = target.height + reach, target.width + reach
    sums_cyx = scratch.array("square sums", (2, height, width), np.float64)
    rows_cx = scratch.array("square rows", (2, width), np.float64)
    _square_sums(plane.array_yx, plane.y - reach, plane.x - reach, reach + 1, rows_cx[0], rows_cx[1], sums_cyx)
    _kuwahara(sums_cyx, reach, *target)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Kuwahara",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(Source(0.0, int(scale_px)),),
            compute=functools.partial(_compute, int(scale_px)),
            ns_per_pixel=2 + 0.5 * scale_px,
            scratch_planes=4,
        )
        for scale_px in scales.listed_px
    )


KUWAHARA = Family(
    id="kuwahara",
    name="Kuwahara",
    group="brightness",
    summary="The mean of the calmest square beside the pixel: smooth areas with sharp edges.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
