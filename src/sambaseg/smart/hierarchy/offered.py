"""Which nodes of a merge tree are worth offering, and the tree laid out so that each of them is an interval.

Put in depth-first order, the regions of any node stand behind one another: a node is then two numbers, and whether a
pixel belongs to it is a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import BoolArray, DoubleArray, FloatArray, RankArray

LARGEST_SHARE = 0.6
"""Larger parts of a view are background, unless a single region is that large."""
ALIKE = 0.85
"""A node that fills more than this of a better one above it adds nothing."""
FAR_WORSE = 0.6
"""A node whose score is so much lower than that of one above it is not kept. Parts of good objects are: labels of
another class may block the whole; see `answers`."""


@dataclass(frozen=True)
class OfferedNodes:
    """Nodes of one tree, ascending in the tree: intervals [`low_m`, `high_m`) of positions, `parent_m` (-1 at the top),
    `area_m`, `box_m4` (top, left, bottom, right; half-open), `score_m`; `position_n` of each region, `first_n` the
    smallest offered node that holds it (-1 where there is none)."""

    low_m: RankArray
    high_m: RankArray
    parent_m: RankArray
    area_m: DoubleArray
    box_m4: RankArray
    score_m: FloatArray
    position_n: RankArray
    first_n: RankArray


def eligible_nodes(areas_m: DoubleArray, regions: int, *, with_regions: bool) -> BoolArray:
    """Return which nodes may be offered at all: what is not too large a part of the view, and every single region,
    which one tree of a view is enough to offer."""
    fits: BoolArray = areas_m <= LARGEST_SHARE * areas_m[-1]
    fits[:regions] = with_regions
    return fits


def lay_out(
    parent_m: RankArray, areas_m: DoubleArray, eligible_m: BoolArray, scores_m: FloatArray, box_n4: RankArray
) -> OfferedNodes:
    """Return the nodes of a tree that are worth offering; `box_n4` holds the bounding boxes of its regions."""
    regions = len(box_n4)
    low, high, box = _intervals(parent_m, box_n4)
    kept, parent = choose_nodes(parent_m, areas_m, eligible_m, scores_m)
    number = np.cumsum(kept).astype(np.int32) - 1
    chosen = np.nonzero(kept)[0]
    above = parent[chosen]
    first = np.where(kept[:regions], np.arange(regions), parent[:regions])
    return OfferedNodes(
        low[chosen],
        high[chosen],
        np.where(above >= 0, number[above], -1).astype(np.int32),
        areas_m[chosen],
        box[chosen],
        scores_m[chosen],
        low[:regions],
        np.where(first >= 0, number[first], -1).astype(np.int32),
    )


@compiled
def _intervals(parent: RankArray, box_n4: RankArray) -> tuple[RankArray, RankArray, RankArray]:
    """Return each node's interval of positions, and its bounding box."""
    regions = box_n4.shape[0]
    leaves, box = np.zeros(parent.size, np.int32), np.empty((parent.size, 4), np.int32)
    leaves[:regions] = 1
    box[:regions] = box_n4
    box[regions:, :2] = 2**30
    box[regions:, 2:] = -1
    for node in range(parent.size):
        above = parent[node]
        if above >= 0:
            leaves[above] += leaves[node]
            for side in range(2):
                box[above, side] = min(box[above, side], box[node, side])
                box[above, side + 2] = max(box[above, side + 2], box[node, side + 2])
    low, taken = np.zeros(parent.size, np.int32), np.zeros(parent.size, np.int32)
    for node in range(parent.size - 1, -1, -1):
        above = parent[node]
        if above >= 0:
            low[node] = low[above] + taken[above]
            taken[above] += leaves[node]
    return low, low + leaves, box


@compiled
def choose_nodes(
    parent: RankArray, area: DoubleArray, eligible: BoolArray, score: FloatArray
) -> tuple[BoolArray, RankArray]:
    """Return which nodes are kept, and for each node the nearest kept one above it (-1 where there is none)."""
    kept, nearest = np.zeros(parent.size, np.bool_), np.full(parent.size, -1, np.int32)
    best = np.zeros(parent.size, np.float32)
    for node in range(parent.size - 1, -1, -1):
        above = parent[node]
        if above >= 0:
            nearest[node] = above if kept[above] else nearest[above]
            best[node] = best[above]
        better = nearest[node]
        adds_nothing = better >= 0 and area[node] > ALIKE * area[better] and score[node] <= score[better]
        kept[node] = eligible[node] and not adds_nothing and score[node] >= best[node] - FAR_WORSE
        if eligible[node]:
            best[node] = max(best[node], score[node])
    return kept, nearest
