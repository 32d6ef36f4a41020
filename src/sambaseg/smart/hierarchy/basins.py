"""Basins: the small regions that a view is cut into, along the ridges of boundary strength.

Each pixel runs down the steepest way to a minimum (a watershed by steepest descent); basins that are too small to be
offered join the neighbour behind the lowest pass, so that no region is smaller than `SMALLEST_REGION_PX`.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray, RankArray
from sambaseg.smart.hierarchy.disjoint import root_of
from sambaseg.smart.hierarchy.ordering import ascending_order
from sambaseg.smart.hierarchy.region_graph import build_graph

SMALLEST_REGION_PX = 12


def cut_into_regions(boundary_yx: FloatArray) -> tuple[RankArray, int]:
    """Return the region of each pixel, int32 (h, w), numbered from 0 in reading order, and how many there are."""
    basins_yx, count = find_basins(boundary_yx)
    graph = build_graph(basins_yx, count, boundary_yx[np.newaxis])
    areas = np.bincount(basins_yx.reshape(-1), minlength=count)
    order = ascending_order(graph.lowest_ce[0])
    return _number_roots(_join_small(graph.ends_e2, order, areas, SMALLEST_REGION_PX), basins_yx)


@compiled
def find_basins(boundary_yx: FloatArray) -> tuple[RankArray, int]:
    """Return the basin of each pixel, int32 (h, w), from 0 in reading order, and their number.

    Of equally low neighbours the first in reading order is taken, so that flat places have one answer.
    """
    height, width = boundary_yx.shape
    down = np.empty(height * width, np.int32)
    for y in range(height):
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            lowest, target = np.float32(np.inf), 0
            for ny in range(max(y - 1, 0), min(y + 2, height)):
                for nx in (left, x, right):
                    if boundary_yx[ny, nx] < lowest:  # in reading order, so that the first of equal ones stays
                        lowest, target = boundary_yx[ny, nx], ny * width + nx
            down[y * width + x] = target
    for start in range(down.size):
        end = start
        while down[end] != end:
            end = down[end]
        here = start
        while down[here] != end:
            following = down[here]
            down[here] = end
            here = following
    places_yx = np.arange(down.size).astype(np.int32).reshape(height, width)
    return _number_roots(down, places_yx)


@compiled
def _join_small(ends_e2: RankArray, order: RankArray, areas: IndexArray, least: int) -> RankArray:
    """Return the representative of each basin, when those below `least` pixels join behind their lowest pass."""
    joined, area = np.arange(areas.size).astype(np.int32), areas.copy()
    for edge in order:
        one, two = root_of(joined, ends_e2[edge, 0]), root_of(joined, ends_e2[edge, 1])
        if one != two and min(area[one], area[two]) < least:
            kept = min(one, two)
            joined[max(one, two)] = kept
            area[kept] = area[one] + area[two]
    for basin in range(joined.size):
        joined[basin] = root_of(joined, basin)
    return joined


@compiled
def _number_roots(root: RankArray, members_yx: RankArray) -> tuple[RankArray, int]:
    """Return for each pixel the number of its member's root, in order of appearance, and how many roots there are."""
    height, width = members_yx.shape
    number = np.full(root.size, -1, np.int32)
    regions_yx = np.empty((height, width), np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            top = root[members_yx[y, x]]
            if number[top] < 0:
                number[top] = count
                count += 1
            regions_yx[y, x] = number[top]
    return regions_yx, count
