"""Where trees agree: a region that several ideas of what belongs together hold as one is less likely to be chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray, RankArray


def agreement_with(others: Sequence[RankArray], parent: RankArray, areas_n: DoubleArray) -> FloatArray:
    """Return how much each node fills of the smallest node that holds it, in each of the other trees: (m, others).

    Trees are the parents of their nodes; all are over the same regions, which have `areas_n` pixels.
    """
    area_m = _node_areas(parent, areas_n)
    filled = [_filled(parent, area_m, other, _node_areas(other, areas_n), areas_n.size) for other in others]
    return np.stack(filled, axis=1)


@compiled
def _node_areas(parent: RankArray, areas_n: DoubleArray) -> DoubleArray:
    areas = np.zeros(parent.size)
    areas[: areas_n.size] = areas_n
    for node in range(parent.size):
        if parent[node] >= 0:
            areas[parent[node]] += areas[node]
    return areas


@compiled
def _filled(
    parent: RankArray, area: DoubleArray, other: RankArray, other_area: DoubleArray, regions: int
) -> FloatArray:
    """Return for each node its area over that of the smallest node of the `other` tree that holds it."""
    holder = np.full(parent.size, -1, np.int32)
    holder[:regions] = np.arange(regions)
    filled = np.empty(parent.size, np.float32)
    for node in range(parent.size):
        filled[node] = area[node] / other_area[holder[node]]
        above = parent[node]
        if above < 0:
            continue
        one, two = holder[node], holder[above]
        if two < 0:
            two = one
        while one != two:
            if one < two:
                one = other[one]
            else:
                two = other[two]
        holder[above] = one
    return filled
