"""Merge trees: in which order regions become larger ones.

Edges in ascending order of strength give a binary partition tree (Kruskal). A watershed hierarchy weighs its edges anew
by an attribute of what they join, the smaller of the two areas or volumes, and merges in that order: small and shallow
regions first, whatever the contrast of the picture (Najman, Cousty, Perret 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import BoolArray, DoubleArray, FloatArray, RankArray
from sambaseg.smart.hierarchy.disjoint import root_of
from sambaseg.smart.hierarchy.ordering import ascending_order


@dataclass(frozen=True)
class MergeTree:
    """A binary tree; nodes 0 to n - 1 are the regions, later ones join two earlier ones.

    `parent` int32 (m,), -1 at the top; `strength` float32 (m,): the strength of the edge that joined a node, 0 for
    regions.
    """

    parent: RankArray
    strength: FloatArray


def merge_by_strength(ends_e2: RankArray, strength_e: FloatArray, regions: int) -> MergeTree:
    """Return the binary partition tree that merges along edges in ascending order of strength."""
    parent, level, _ = _merge_in_order(regions, ends_e2, ascending_order(strength_e), strength_e)
    return MergeTree(parent, level)


def merge_by_area(
    ends_e2: RankArray, strength_e: FloatArray, areas: DoubleArray, *, last_e: BoolArray | None = None
) -> MergeTree:
    """Return the watershed hierarchy by area of a graph with `areas.size` regions; edges `last_e` merge at the end."""
    return _merge_by_attribute(ends_e2, strength_e, areas, volume=False, last_e=last_e)


def merge_by_volume(ends_e2: RankArray, strength_e: FloatArray, areas: DoubleArray) -> MergeTree:
    """Return the watershed hierarchy by volume: area times depth below the pass, added up."""
    return _merge_by_attribute(ends_e2, strength_e, areas, volume=True, last_e=None)


def _merge_by_attribute(
    ends_e2: RankArray, strength_e: FloatArray, areas: DoubleArray, *, volume: bool, last_e: BoolArray | None
) -> MergeTree:
    last_e = np.zeros(strength_e.size, np.bool_) if last_e is None else last_e
    order = _put_last(ascending_order(strength_e), last_e)
    parent, level, chosen = _merge_in_order(areas.size, ends_e2, order, strength_e)
    weight = _smaller_attribute(parent, level, areas, volume)[areas.size :]
    order = _put_last(np.argsort(weight, kind="stable").astype(np.int32), last_e[chosen])
    parent, level, rank = _merge_in_order(areas.size, ends_e2[chosen], order, weight)
    strength = np.zeros(parent.size, np.float32)
    strength[areas.size :] = strength_e[chosen[rank]]
    return MergeTree(parent, strength)


def _put_last(order: RankArray, last_e: BoolArray) -> RankArray:
    """Return `order` with the edges `last_e` behind all others."""
    is_last = last_e[order]
    return np.concatenate([order[~is_last], order[is_last]])


@compiled
def _merge_in_order(
    count: int, ends_e2: RankArray, order: RankArray, weight: FloatArray
) -> tuple[RankArray, FloatArray, RankArray]:
    """Return parent (m,), the weight each node was joined at (m,), and the edge that did (m - count,)."""
    joined, top = np.arange(count).astype(np.int32), np.arange(count).astype(np.int32)
    parent = np.full(max(2 * count - 1, 0), -1, np.int32)
    level = np.zeros(parent.size, np.float32)
    edges = np.empty(max(count - 1, 0), np.int32)
    node = count
    for edge in order:
        one, two = root_of(joined, ends_e2[edge, 0]), root_of(joined, ends_e2[edge, 1])
        if one == two:
            continue
        parent[top[one]] = parent[top[two]] = node
        level[node], edges[node - count] = weight[edge], edge
        kept = min(one, two)
        joined[max(one, two)] = kept
        top[kept] = node
        node += 1
    return parent[:node].copy(), level[:node].copy(), edges[: node - count].copy()


@compiled
def _smaller_attribute(parent: RankArray, level: FloatArray, areas: DoubleArray, volume: bool) -> FloatArray:
    """Return for each inner node the smaller attribute of its two children; 0 for regions."""
    area, depth = np.zeros(parent.size), np.zeros(parent.size)
    area[: areas.size] = areas
    smaller = np.full(parent.size, -1.0, np.float32)
    for node in range(parent.size):
        above = parent[node]
        if above < 0:
            continue
        rise = depth[node] + area[node] * (level[above] - level[node])
        attribute = np.float32(rise if volume else area[node])
        smaller[above] = attribute if smaller[above] < 0 else min(smaller[above], attribute)
        area[above] += area[node]
        depth[above] += rise
    return np.maximum(smaller, np.float32(0))
