"""The region adjacency graph: which regions touch, along how many pixels, and how strong their boundary is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray, RankArray


@dataclass(frozen=True)
class RegionGraph:
    """Edges between touching regions (4-neighbours), each once.

    `ends_e2` int32 (E, 2), the smaller region first; `length_e` float64 (E,) pairs of pixels that touch; `lowest_ce`
    and `mean_ce` float32 (C, E): lowest and mean boundary strength along the edge, of C boundary maps. The strength
    between two pixels is the larger of theirs.
    """

    ends_e2: RankArray
    length_e: DoubleArray
    lowest_ce: FloatArray
    mean_ce: FloatArray


def build_graph(regions_yx: RankArray, count: int, boundaries_cyx: FloatArray) -> RegionGraph:
    """Return the graph of `count` regions over boundary maps (C, h, w)."""
    starts = _count_pairs(regions_yx, count)
    ends_e2, length_e, lowest_ec, sum_ec = _collect(regions_yx, starts, boundaries_cyx)
    mean_ec = sum_ec / length_e[:, np.newaxis]
    return RegionGraph(
        ends_e2, length_e, np.ascontiguousarray(lowest_ec.T), np.ascontiguousarray(mean_ec.T, dtype=np.float32)
    )


@compiled
def _count_pairs(regions_yx: RankArray, count: int) -> RankArray:
    """Return where the touching pairs of pixels of each region begin, if they stand behind one another."""
    height, width = regions_yx.shape
    starts = np.zeros(count + 1, np.int32)
    for y in range(height):
        for x in range(width):
            here = regions_yx[y, x]
            if x + 1 < width and regions_yx[y, x + 1] != here:
                starts[min(here, regions_yx[y, x + 1]) + 1] += 1
            if y + 1 < height and regions_yx[y + 1, x] != here:
                starts[min(here, regions_yx[y + 1, x]) + 1] += 1
    for region in range(count):
        starts[region + 1] += starts[region]
    return starts


@compiled
def _collect(
    regions_yx: RankArray, starts: RankArray, boundaries_cyx: FloatArray
) -> tuple[RankArray, DoubleArray, FloatArray, DoubleArray]:
    """Return ends (E, 2), length (E,), lowest (E, C) and sum (E, C) of the boundary strength of each edge."""
    height, width = regions_yx.shape
    channels, count = boundaries_cyx.shape[0], starts.size - 1
    pairs = starts[count]
    other, first, second = np.empty(pairs, np.int32), np.empty(pairs, np.int32), np.empty(pairs, np.int32)
    place = starts.copy()
    for y in range(height):
        for x in range(width):
            here = regions_yx[y, x]
            for step in range(2):
                ny, nx = (y, x + 1) if step == 0 else (y + 1, x)
                if ny >= height or nx >= width or regions_yx[ny, nx] == here:
                    continue
                low, high = min(here, regions_yx[ny, nx]), max(here, regions_yx[ny, nx])
                other[place[low]], first[place[low]], second[place[low]] = high, y * width + x, ny * width + nx
                place[low] += 1
    ends, length = np.empty((pairs, 2), np.int32), np.zeros(pairs, np.float64)
    lowest, total = np.empty((pairs, channels), np.float32), np.zeros((pairs, channels), np.float64)
    edge_of = np.full(count, -1, np.int32)  # the newest edge towards each region; older ones belong to other regions
    edges = 0
    for region in range(count):
        oldest = edges
        for pair in range(starts[region], starts[region + 1]):
            edge = edge_of[other[pair]]
            if edge < oldest:
                edge = edge_of[other[pair]] = edges
                ends[edge, 0], ends[edge, 1] = region, other[pair]
                lowest[edge] = np.inf
                edges += 1
            length[edge] += 1
            p, q = first[pair], second[pair]
            for channel in range(channels):
                strength = max(
                    boundaries_cyx[channel, p // width, p % width], boundaries_cyx[channel, q // width, q % width]
                )
                lowest[edge, channel] = min(lowest[edge, channel], strength)
                total[edge, channel] += strength
    return ends[:edges].copy(), length[:edges].copy(), lowest[:edges].copy(), total[:edges].copy()
