"""Bins: every feature is cut into at most 256 bins, so that a tree compares bytes instead of floats.

The edges of a feature lie midway between values of the training sample. The bin of x is the number of edges below x,
therefore ``x <= edges[b]`` is the same question as ``bin(x) <= b``, and a tree over bins is exactly a tree over floats.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.forest.bits import count_below_16

MAX_EDGES = 255

Edges = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureBins:
    """The bins of all features: ``edges_fb`` (features, 255), ascending, filled up with infinity.

    ``lowest_fb`` and ``highest_fb`` (features, 256) are the training sample's values at both ends of each bin.
    """

    edges_fb: Edges
    lowest_fb: npt.NDArray[np.float32]
    highest_fb: npt.NDArray[np.float32]


def choose_bins(features_fn: npt.NDArray[np.float32], *, threads: int = 1) -> FeatureBins:
    """Return bins for a training sample of shape (features, n), finite, at least one value each.

    Where a feature has at most 256 distinct values there is an edge between any two neighbours, and nothing is lost;
    else bins hold about equally many values.
    """
    count = len(features_fn)
    edges_fb = np.full((count, MAX_EDGES), np.inf, np.float32)
    lowest_fb, highest_fb = np.zeros((2, count, MAX_EDGES + 1), np.float32)

    def choose(feature: int) -> None:
        ascending = np.sort(features_fn[feature])
        last_of_bin = _choose_cuts(ascending)
        lowest, highest = ascending[np.append(0, last_of_bin + 1)], ascending[np.append(last_of_bin, -1)]
        lowest_fb[feature, : len(lowest)], highest_fb[feature, : len(lowest)] = lowest, highest
        edges_fb[feature, : len(last_of_bin)] = _between(highest[:-1], lowest[1:])

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(choose, range(count)):
            pass
    return FeatureBins(edges_fb, lowest_fb, highest_fb)


def keep_bins(edges_fb: Edges, features_fn: npt.NDArray[np.float32], *, threads: int = 1) -> FeatureBins:
    """Return the bins with edges that were chosen before, for another sample of shape (features, n), finite.

    Bins that hold no value of the sample have anything as their lowest and highest value; no tree looks at them.
    """
    lowest_fb, highest_fb = np.zeros((2, len(features_fn), MAX_EDGES + 1), np.float32)

    def describe(feature: int) -> None:
        ascending = np.sort(features_fn[feature])
        ends = np.searchsorted(
            ascending, edges_fb[feature], side="right"
        )  # of each bin: how many values up to its edge
        starts = np.minimum(np.append(0, ends), len(ascending) - 1)
        lowest_fb[feature] = ascending[starts]
        highest_fb[feature] = ascending[np.maximum(np.append(ends, len(ascending)) - 1, 0)]

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(describe, range(len(features_fn))):
            pass
    return FeatureBins(edges_fb, lowest_fb, highest_fb)


def _choose_cuts(ascending: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the positions after which to cut, at most 255, each where the value rises."""
    rises = np.flatnonzero(ascending[1:] > ascending[:-1])
    if len(rises) <= MAX_EDGES:
        return rises
    wanted = np.arange(1, MAX_EDGES + 1) * (len(ascending) / (MAX_EDGES + 1)) - 1
    nearest = np.searchsorted(rises, wanted)
    return np.unique(rises[np.minimum(nearest, len(rises) - 1)])


def _between(below: Edges, above: Edges) -> Edges:
    """Return edges e midway, with below <= e < above in float32, as scikit-learn places them."""
    middle = ((below.astype(np.float64) + above.astype(np.float64)) / 2).astype(np.float32)
    return np.where(middle < above, middle, below)


@compiled
def quantise_planes(
    planes_fyx: npt.NDArray[np.float32],
    edges_fb: Edges,
    bins_fyx: npt.NDArray[np.uint8],
    first: int,
    top: int,
    left: int,
) -> None:
    """Write the bins of some planes into `bins_fyx`, as planes `first` and following, from row `top`, column `left`.

    The edges below a value are counted in two steps of 16 comparisons: which 16 edges, and how many of those.
    """
    steps = np.full(MAX_EDGES + 17, np.inf, np.float32)
    coarse = np.uint64(MAX_EDGES + 1)
    for plane in range(planes_fyx.shape[0]):
        for b in range(MAX_EDGES):
            steps[b] = edges_fb[first + plane, b]
        for b in range(16):
            steps[MAX_EDGES + 1 + b] = steps[16 * b + 15]
        for y in range(planes_fyx.shape[1]):
            for x in range(planes_fyx.shape[2]):
                value = planes_fyx[plane, y, x]
                at = count_below_16(steps, coarse, value) << np.uint64(4)
                bins_fyx[first + plane, top + y, left + x] = np.uint8(at + count_below_16(steps, at, value))
