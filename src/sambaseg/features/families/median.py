"""Median over a disk, one plane a scale: the grey value without specks, edges kept sharp.

The disk's radius is the scale in both conventions, and the disk includes its radius: `scipy.ndimage.median_filter`
with that footprint, exact for float32. Small disks are sorted by a network. For larger ones pixels are replaced by
their ranks within the tile, and a histogram of ranks slides along each row (T. S. Huang et al. 1979,
doi:10.1109/TASSP.1979.1163188), so the cost grows with the radius, not with the disk's area: about 0.3 s a megapixel
at 16 px on one core. Support: the radius.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray, RankArray
from sambaseg.features.disk import disk_area, disk_steps, half_widths
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch
from sambaseg.features.sorting import sort_columns, sorting_network

SORTED_AREA = 100
"""Disks of up to so many pixels are sorted by a network, a row of the tile at a time."""
CHUNK_BITS = 8
"""Ranks are counted one by one and in chunks of 2^8, so that the median is found by looking at few counters."""


@compiled
def _median_ranks(
    ranks_yx: RankArray, half_width_dy: IndexArray, middle: int, counts: RankArray, chunks: RankArray, out_yx: RankArray
) -> None:
    height, width = out_yx.shape
    reach = half_width_dy.size - 1
    for y in range(height):
        counts[:] = 0
        chunks[:] = 0
        below = 0  # pixels of the disk with a rank below `chunk`'s first
        chunk = 0
        for x in range(width):
            for dy in range(-reach, reach + 1):
                half = half_width_dy[abs(dy)]
                row = ranks_yx[y + reach + dy]
                if x == 0:
                    for dx in range(-half, half):
                        rank = row[reach + dx]
                        counts[rank] += 1
                        chunks[rank >> CHUNK_BITS] += 1
                else:
                    rank = row[x + reach - half - 1]
                    counts[rank] -= 1
                    chunks[rank >> CHUNK_BITS] -= 1
                    below -= (rank >> CHUNK_BITS) < chunk
                rank = row[x + reach + half]
                counts[rank] += 1
                chunks[rank >> CHUNK_BITS] += 1
                below += (rank >> CHUNK_BITS) < chunk
            while below > middle:
                chunk -= 1
                below -= chunks[chunk]
            while below + chunks[chunk] <= middle:
                below += chunks[chunk]
                chunk += 1
            rank = chunk << CHUNK_BITS
            passed = below + counts[rank]
            while passed <= middle:
                rank += 1
                passed += counts[rank]
            out_yx[y, x] = rank


@compiled
def _median_by_sorting(
    values_yx: FloatArray, half_width_dy: IndexArray, network: IndexArray, rows_nx: FloatArray, out_yx: FloatArray
) -> None:
    height, width = out_yx.shape
    reach = half_width_dy.size - 1
    for y in range(height):
        row = 0
        for dy in range(-reach, reach + 1):
            half = half_width_dy[abs(dy)]
            for dx in range(-half, half + 1):
                rows_nx[row] = values_yx[y + reach + dy, reach + dx : reach + dx + width]
                row += 1
        sort_columns(rows_nx, network)
        out_yx[y] = rows_nx[rows_nx.shape[0] // 2]


def _compute_by_sorting(radius_px: float, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    area = disk_area(radius_px)
    window_yx = target.around(sources[0], int(radius_px))
    values_yx: FloatArray = scratch.array("median window", window_yx.shape)
    values_yx[...] = window_yx
    rows_nx: FloatArray = scratch.array("median rows", (area, target.width))
    medians_yx: FloatArray = scratch.array("median", (target.height, target.width))
    network = sorting_network(area, frozenset({area // 2}))
    _median_by_sorting(values_yx, half_widths(radius_px), network, rows_nx, medians_yx)
    target.plane(0)[...] = medians_yx


def _compute_by_ranks(radius_px: float, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    window_yx = target.around(sources[0], int(radius_px))
    values, ranks = np.unique(window_yx + np.float32(0), return_inverse=True)  # adding 0 turns -0 into +0
    ranks_yx: RankArray = scratch.array("median ranks", window_yx.shape, np.int32)
    ranks_yx[...] = ranks.reshape(window_yx.shape)
    chunk_count = (values.size >> CHUNK_BITS) + 1
    counts = scratch.array("median counts", (chunk_count << CHUNK_BITS,), np.int32)
    chunks = scratch.array("median chunks", (chunk_count,), np.int32)
    medians_yx = scratch.array("median", (target.height, target.width), np.int32)
    _median_ranks(ranks_yx, half_widths(radius_px), disk_area(radius_px) // 2, counts, chunks, medians_yx)
    np.take(values, medians_yx, out=target.plane(0), mode="clip")


def _median_of(radius_px: float) -> ComputeStep:
    compute = _compute_by_sorting if disk_area(radius_px) <= SORTED_AREA else _compute_by_ranks
    return functools.partial(compute, radius_px)


def _nanoseconds(radius_px: float) -> float:
    area = disk_area(radius_px)
    return 0.08 * area * math.log2(area + 1) ** 2 if area <= SORTED_AREA else 180 + 14 * radius_px


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(("Median",), scales, _median_of, _nanoseconds)


MEDIAN = Family(
    id="median",
    name="Median",
    group="brightness",
    summary="The middle grey value within a disk: removes specks and keeps edges sharp. Slow at large scales.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
