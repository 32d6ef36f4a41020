"""Membrane projections, six planes in all: thin lines such as membranes and grain boundaries, at any angle.

A straight line of 1 px through a patch of 19 × 19 px, normalised to sum 1, is rotated in 30 equal angles of 6° about
the patch's centre; at each pixel the 30 responses are projected to their mean, maximum, minimum, sum, standard
deviation (of the population) and median. The patch has one size at all angles, and the rotated line is interpolated
linearly: `scipy.ndimage.rotate(line, angle, reshape=False, order=1)`. Source: Trainable Weka Segmentation's membrane
projections. Support: 9 px.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray, PixelArray
from sambaseg.features.family import Family, Plane, Target, single_step
from sambaseg.features.scratch import Scratch
from sambaseg.features.sorting import sort_columns, sorting_network

PATCH_PX = 19
THICKNESS_PX = 1
ANGLES = 30
SORTED = (0, ANGLES // 2 - 1, ANGLES // 2, ANGLES - 1)
"""Ranks of the responses that minimum, median and maximum are taken from."""
REACH = PATCH_PX // 2
NAMES = (
    "Membrane mean",
    "Membrane maximum",
    "Membrane minimum",
    "Membrane sum",
    "Membrane standard deviation",
    "Membrane median",
)
HALF = np.float32(0.5)
ONE_BY_COUNT = np.float32(1 / ANGLES)


def line_kernels() -> FloatArray:
    """Return the 30 rotated lines, shape (30, 19, 19), each with sum 1; the first runs along y."""
    position = np.arange(-REACH, REACH + 1)
    y, x = np.meshgrid(position, position, indexing="ij")
    kernels = []
    for angle in np.arange(ANGLES) * np.pi / ANGLES:
        along = np.abs(np.cos(angle) * y + np.sin(angle) * x)
        across = np.abs(np.cos(angle) * x - np.sin(angle) * y)
        weights = np.clip(REACH + 1 - along, 0, 1) * np.clip((THICKNESS_PX + 1) / 2 - across, 0, 1)
        kernels.append(weights / weights.sum())
    return np.array(kernels, np.float32)


def _half_taps(kernels_ayx: FloatArray) -> tuple[IndexArray, FloatArray, IndexArray]:
    """Return (dy, dx) and weight of the centre and of one of each two opposite taps, and where each angle's begin.

    The kernels are symmetric about their centre, which comes first in each angle.
    """
    offsets: list[tuple[int, int]] = []
    weights: list[np.float32] = []
    starts = [0]
    for kernel_yx in kernels_ayx:
        for dy in range(REACH + 1):
            for dx in range(-REACH if dy else 0, REACH + 1):
                weight = kernel_yx[REACH + dy, REACH + dx]
                if weight > 0:
                    offsets.append((dy, dx))
                    weights.append(weight)
        starts.append(len(offsets))
    return np.array(offsets, np.int64), np.array(weights, np.float32), np.array(starts, np.int64)


@lru_cache(maxsize=1)
def _tables() -> tuple[IndexArray, FloatArray, IndexArray, IndexArray]:
    return *_half_taps(line_kernels()), sorting_network(ANGLES, frozenset(SORTED))


@compiled
def _membrane(
    source_yx: PixelArray,
    y0: int,
    x0: int,
    offsets: IndexArray,
    weights: FloatArray,
    starts: IndexArray,
    network: IndexArray,
    responses_ax: FloatArray,
    out_fyx: FloatArray,
    first: int,
    top: int,
    left: int,
    height: int,
    width: int,
) -> None:
    for y in range(height):
        for angle in range(starts.size - 1):
            _respond(source_yx, y0 + y, x0, offsets, weights, starts[angle], starts[angle + 1], responses_ax[angle])
        out_fx = out_fyx[first : first + 6, top + y, left : left + width]
        _project(responses_ax, out_fx[0], out_fx[3], out_fx[4])
        sort_columns(responses_ax, network)
        out_fx[2] = responses_ax[SORTED[0]]
        before, after, median = responses_ax[SORTED[1]], responses_ax[SORTED[2]], out_fx[5]
        for x in range(width):
            median[x] = HALF * (before[x] + after[x])
        out_fx[1] = responses_ax[SORTED[3]]


@compiled
def _respond(
    source_yx: PixelArray,
    row: int,
    x0: int,
    offsets: IndexArray,
    weights: FloatArray,
    start: int,
    stop: int,
    response_x: FloatArray,
) -> None:
    """Write the response of one rotated line to the pixels of a row."""
    width = response_x.size
    centre = source_yx[row, x0 : x0 + width]
    weight = weights[start]
    for x in range(width):
        response_x[x] = weight * centre[x]
    tap = start + 1
    while tap + 2 <= stop:
        dy, dx = offsets[tap]
        before_1 = source_yx[row - dy, x0 - dx : x0 - dx + width]
        after_1 = source_yx[row + dy, x0 + dx : x0 + dx + width]
        dy, dx = offsets[tap + 1]
        before_2 = source_yx[row - dy, x0 - dx : x0 - dx + width]
        after_2 = source_yx[row + dy, x0 + dx : x0 + dx + width]
        weight_1, weight_2 = weights[tap], weights[tap + 1]
        for x in range(width):
            response_x[x] += weight_1 * (before_1[x] + after_1[x]) + weight_2 * (before_2[x] + after_2[x])
        tap += 2
    if tap < stop:
        dy, dx = offsets[tap]
        before_1 = source_yx[row - dy, x0 - dx : x0 - dx + width]
        after_1 = source_yx[row + dy, x0 + dx : x0 + dx + width]
        for x in range(width):
            response_x[x] += weights[tap] * (before_1[x] + after_1[x])


@compiled
def _project(responses_ax: FloatArray, mean_x: FloatArray, sum_x: FloatArray, deviation_x: FloatArray) -> None:
    """Write mean, sum and standard deviation of the responses to each pixel of a row."""
    angles, width = responses_ax.shape
    sum_x[:] = responses_ax[0]
    for angle in range(1, angles):
        response = responses_ax[angle]
        for x in range(width):
            sum_x[x] += response[x]
    for x in range(width):
        mean_x[x] = ONE_BY_COUNT * sum_x[x]
        deviation_x[x] = np.float32(0)
    for angle in range(angles):
        response = responses_ax[angle]
        for x in range(width):
            difference = response[x] - mean_x[x]
            deviation_x[x] += difference * difference
    for x in range(width):
        deviation_x[x] = np.sqrt(ONE_BY_COUNT * deviation_x[x])


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    responses_ax = scratch.array("membrane responses", (ANGLES, target.width))
    offsets, weights, starts, network = _tables()
    _membrane(plane.array_yx, plane.y, plane.x, offsets, weights, starts, network, responses_ax, *target)


MEMBRANE = Family(
    id="membrane",
    name="Membrane projections",
    group="lines",
    summary="Thin lines in any direction: membranes, grain boundaries, cracks.",
    planes="6",
    default_weka=True,
    default_samba=False,
    uses_scales=False,
    steps=single_step(NAMES, _compute, reach_px=REACH, ns_per_pixel=130.0),
)
