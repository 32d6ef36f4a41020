"""What trees are grown on and where: the arrays that the kernels of training share.

Samples stand in the order of their classes, and stay so when they go to the left and to the right, so that nobody has
to look up the class of one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.forest.cut import Bins, Counts, CuttingRoom, Samples, Weights, make_cutting_room
from sambaseg.forest.random_stream import RandomState

BEST_CUTS, RANDOM_CUTS = 0, 1
"""How the cut of a candidate feature is found: the best one of all, or one at random (extra trees)."""

_SAMPLES_AT_ONCE, _MOST_TREES_AT_ONCE = 32_768, 8


class TrainingSample(NamedTuple):
    """What trees are grown on: bins (features, n) of samples in the order of their classes, and what bins mean.

    ``order_m`` is each sample's number in the order that samples are drawn in; those of class c (0 to k - 1) stand from
    ``class_starts[c]`` to ``class_starts[c + 1]`` and weigh ``weights_k[c]``. ``voters_v`` are the places of samples
    that are voted on by trees that are not grown on them.
    """

    bins_fm: Bins
    order_m: Counts
    class_starts: Counts
    voters_v: Counts
    weights_k: Weights
    edges_fb: npt.NDArray[np.float32]
    lowest_fb: npt.NDArray[np.float32]
    highest_fb: npt.NDArray[np.float32]


class GrowingPlan(NamedTuple):
    """How trees are grown. Tree t looks at the features of group ``group_of_t[t]``.

    Of group g these are the first ``counts_g[g]`` of ``features_gf[g]``, and ``per_split_g[g]`` of them are looked at
    for a split. ``cuts`` is BEST_CUTS or RANDOM_CUTS.
    """

    group_of_t: Counts
    features_gf: Counts
    counts_g: Counts
    per_split_g: Counts
    depth: int
    min_leaf: int
    cuts: int
    seed: int


class GrowingRoom(NamedTuple):
    """Where trees are grown. Finished ones stand one after the other in the first six arrays.

    ``node_ends_t`` and ``leaf_ends_t`` say where each of them ends; ``decrease_tf`` is how much impurity each feature
    took away, ``votes_vk`` the sum of what was answered to those who were voted on.
    """

    node_feature: npt.NDArray[np.int32]
    node_bin: Bins
    parts_lk: npt.NDArray[np.uint32]
    node_ends_t: Counts
    leaf_ends_t: Counts
    decrease_tf: Weights
    votes_vk: Counts
    state: RandomState
    times_n: npt.NDArray[np.uint16]
    samples: Samples
    voters: Samples
    spare: Samples
    waiting: Counts
    waiting_counts: Counts
    waiting_sizes: Counts
    counts_k: Counts
    sizes_k: Counts
    left_sizes_k: Counts
    node_weights_k: Weights
    order: Counts
    cutting: CuttingRoom


def trees_at_once(samples: int) -> int:
    """Return how many trees one call grows: all around a call takes as long as a tenth of a tree of 5,000 samples."""
    return max(1, min(_MOST_TREES_AT_ONCE, _SAMPLES_AT_ONCE // samples))


def make_room(sample: TrainingSample, depth: int) -> GrowingRoom:
    """Return room for growing as many trees at once as are, of at most `depth` levels below the root."""
    features, samples = sample.bins_fm.shape
    classes, trees = len(sample.weights_k), trees_at_once(samples)
    nodes = 2 * samples if depth > 40 else min(2 * samples, 2 << depth)
    return GrowingRoom(
        node_feature=np.empty(trees * nodes, np.int32),
        node_bin=np.empty(trees * nodes, np.uint8),
        parts_lk=np.empty((trees * (nodes // 2 + 1), classes), np.uint32),
        node_ends_t=np.zeros(trees, np.int64),
        leaf_ends_t=np.zeros(trees, np.int64),
        decrease_tf=np.zeros((trees, features), np.float64),
        votes_vk=np.zeros((len(sample.voters_v), classes), np.int64),
        state=np.zeros(1, np.uint64),
        times_n=np.ones(samples, np.uint16),
        samples=np.empty(samples + 1, np.uint64),
        voters=np.empty(len(sample.voters_v) + 1, np.uint64),
        spare=np.empty(samples + 1, np.uint64),
        waiting=np.zeros((depth + 2, 5), np.int64),
        waiting_counts=np.zeros((depth + 2, classes), np.int64),
        waiting_sizes=np.zeros((depth + 2, classes), np.int64),
        counts_k=np.zeros(classes, np.int64),
        sizes_k=np.zeros(classes, np.int64),
        left_sizes_k=np.zeros(classes, np.int64),
        node_weights_k=np.zeros(classes, np.float64),
        order=np.zeros(features, np.int64),
        cutting=make_cutting_room(samples, classes),
    )
