"""Growing one tree on binned features: the kernel of training.

A tree is grown depth first, and its nodes stand in that order: the left child of a node is the next node, the right
child follows the whole left branch. Nodes therefore need no pointers: a feature (or LEAF) and a bin are enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.forest.cut import (
    BIN_COUNT,
    INDEX_SHIFT,
    SORTED_SAMPLES,
    TIMES_SHIFT,
    Bins,
    Counts,
    Cut,
    Node,
    Samples,
    Weights,
    Whole,
    cut_by_histogram,
    cut_by_sorting,
)
from sambaseg.forest.random_cut import cut_at_random
from sambaseg.forest.random_stream import RandomState, draw_below, draw_share, start_stream

LEAF = -1
"""Stands in place of a feature where a node is a leaf."""

BEST_CUTS, RANDOM_CUTS = 0, 1
"""How the cut of a candidate feature is found: the best one of all, or one at random (extra trees)."""

WHOLE = 1 << 22
"""The probabilities of a leaf are whole numbers that add up to this: sums over trees are exact, in any order."""


@compiled
def draw_bootstrap(times_n: npt.NDArray[np.uint16], seed: int, tree: int) -> None:
    """Write how often each of n samples is drawn, in n draws with replacement."""
    state = start_stream(seed, 2 * tree)
    for i in range(len(times_n)):
        times_n[i] = 0
    for _ in range(len(times_n)):
        times_n[draw_below(state, len(times_n))] += np.uint16(1)


@compiled
def _pack_samples(
    times_n: npt.NDArray[np.uint16], classes_n: npt.NDArray[np.uint8], samples: Samples, counts_ik: Counts
) -> np.int64:
    """Write the samples that were drawn, and the draws of each class as the first row; return how many samples."""
    drawn = np.int64(0)
    for i in range(len(times_n)):
        times = np.uint64(times_n[i])
        samples[drawn] = (np.uint64(i) << INDEX_SHIFT) | (times << TIMES_SHIFT) | np.uint64(classes_n[i])
        counts_ik[0, classes_n[i]] += np.int64(times)
        drawn += np.int64(times > np.uint64(0))
    return drawn


@compiled
def _middle_edge(
    edges_fb: npt.NDArray[np.float32], feature: Whole, last_left: float, first_right: float, low: Whole, high: Whole
) -> Whole:
    """Return the edge between bins `low` and `high` that is nearest to the middle of the gap between the samples."""
    middle = (np.float64(last_left) + np.float64(first_right)) / 2
    nearest, split = np.inf, low
    for at in range(low, high):
        distance = abs(np.float64(edges_fb[feature, at]) - middle)
        if distance < nearest:
            nearest, split = distance, at
    return split


@compiled
def _partition(
    samples: Samples, spare: Samples, start: int, end: int, bins_fn: Bins, feature: Whole, split: Whole
) -> np.int64:
    """Move samples in bins up to `split` to the front, keeping the order; return where the rest begins."""
    left, right = np.int64(start), np.int64(0)
    for i in range(start, end):
        sample = samples[i]
        samples[left] = sample
        spare[right] = sample
        goes_left = np.int64(bins_fn[feature, sample >> INDEX_SHIFT] <= split)
        left += goes_left
        right += 1 - goes_left
    for i in range(right):
        samples[left + i] = spare[i]
    return left


@compiled
def _write_leaf(node_weights_k: Weights, total: float, parts_lk: npt.NDArray[np.uint32], leaf: int) -> None:
    """Write the probabilities of a leaf; what rounding leaves over goes to the largest."""
    largest, rest = 0, np.int64(WHOLE)
    for c in range(len(node_weights_k)):
        part = np.int64(node_weights_k[c] / total * WHOLE + 0.5)
        parts_lk[leaf, c] = part
        rest -= part
        if part > parts_lk[leaf, largest]:
            largest = c
    parts_lk[leaf, largest] += rest


class TrainingSample(NamedTuple):
    """What trees are grown on: bins (features, n), classes 0 to k - 1, the weight of each class, the bins' values."""

    bins_fn: Bins
    classes_n: Bins
    weights_k: Weights
    edges_fb: npt.NDArray[np.float32]
    lowest_fb: npt.NDArray[np.float32]
    highest_fb: npt.NDArray[np.float32]


class GrowingRoom(NamedTuple):
    """Where one tree at a time is grown. The finished tree is in the first three arrays."""

    node_feature: npt.NDArray[np.int32]
    node_bin: Bins
    parts_lk: npt.NDArray[np.uint32]
    samples: Samples
    spare: Samples
    waiting: Counts
    waiting_counts: Counts
    counts_k: Counts
    left_k: Counts
    best_left_k: Counts
    node_weights_k: Weights
    order: Counts
    keys: Samples
    histogram_kb: Counts
    on_left_b: npt.NDArray[np.int32]
    table_rb: Weights


def make_room(features: int, samples: int, classes: int, depth: int) -> GrowingRoom:
    """Return room for growing trees of at most `depth` levels below the root on up to `samples` samples."""
    nodes = 2 * samples if depth > 40 else min(2 * samples, 2 << depth)
    return GrowingRoom(
        node_feature=np.empty(nodes, np.int32),
        node_bin=np.empty(nodes, np.uint8),
        parts_lk=np.empty((nodes // 2 + 1, classes), np.uint32),
        samples=np.empty(samples + 1, np.uint64),
        spare=np.empty(samples + 1, np.uint64),
        waiting=np.zeros((depth + 2, 3), np.int64),
        waiting_counts=np.zeros((depth + 2, classes), np.int64),
        counts_k=np.zeros(classes, np.int64),
        left_k=np.zeros(classes, np.int64),
        best_left_k=np.zeros(classes, np.int64),
        node_weights_k=np.zeros(classes, np.float64),
        order=np.zeros(features, np.int64),
        keys=np.empty(SORTED_SAMPLES, np.uint64),
        histogram_kb=np.zeros(classes * BIN_COUNT, np.int64),
        on_left_b=np.empty(BIN_COUNT, np.int32),
        table_rb=np.empty((3, BIN_COUNT), np.float64),
    )


@compiled
def _look_for_cut(
    sample: TrainingSample,
    room: GrowingRoom,
    node: Node,
    state: RandomState,
    features: int,
    per_split: int,
    cuts: int,
) -> Cut:
    """Return the best cut of a node in `per_split` of the first `features` of `room.order`, drawn at random.

    Where all of those are constant in the node, it looks at more.
    """
    best: Cut = (-1.0, LEAF, 0, 0)
    looked, varying = 0, 0
    while looked < features and (looked < per_split or varying == 0):
        at = looked + draw_below(state, features - looked)
        feature = room.order[at]
        room.order[at] = room.order[looked]
        room.order[looked] = feature
        looked += 1
        if cuts == RANDOM_CUTS:
            varies, best = cut_at_random(
                room.samples, node, sample.bins_fn, feature, sample.weights_k, room.node_weights_k,
                best, room.best_left_k, room.left_k, (sample.edges_fb, sample.lowest_fb, sample.highest_fb),
                draw_share(state),
            )  # fmt: skip
        elif node[1] - node[0] > SORTED_SAMPLES:
            varies, best = cut_by_histogram(
                room.samples, node, sample.bins_fn, feature, sample.weights_k, room.node_weights_k,
                best, room.best_left_k, room.histogram_kb, room.on_left_b, room.table_rb,
            )  # fmt: skip
        else:
            varies, best = cut_by_sorting(
                room.samples, node, sample.bins_fn, feature, sample.weights_k, room.node_weights_k,
                best, room.best_left_k, room.keys, room.left_k,
            )  # fmt: skip
        varying += varies
    return best


@compiled
def grow_tree(
    sample: TrainingSample,
    room: GrowingRoom,
    features_g: Counts,
    times_n: npt.NDArray[np.uint16],
    decrease_f: Weights,
    shape: tuple[int, int, int, int],
    seed: int,
    tree: int,
) -> tuple[int, int]:
    """Grow one tree on the features `features_g`, each sample counting as `times_n` says, by the weight of its class.

    `shape` is (features for a split, depth, samples a leaf needs, BEST_CUTS or RANDOM_CUTS). The tree is written into
    `room`; how much impurity each feature took away is added to `decrease_f`. Returns how many nodes and leaves it has.
    """
    per_split, depth, min_leaf, cuts = shape
    classes = len(sample.weights_k)
    state = start_stream(seed, 2 * tree + 1)
    for i in range(len(features_g)):
        room.order[i] = features_g[i]
    for c in range(classes):
        room.waiting_counts[0, c] = 0
    waiting = room.waiting
    waiting[0, 0], waiting[0, 2] = 0, 0
    waiting[0, 1] = _pack_samples(times_n, sample.classes_n, room.samples, room.waiting_counts)
    top, nodes, leaves = 1, 0, 0
    while top > 0:
        top -= 1
        start, end, level = waiting[top, 0], waiting[top, 1], waiting[top, 2]
        total, square, present = 0.0, 0.0, 0
        for c in range(classes):
            room.counts_k[c] = room.waiting_counts[top, c]
            weight = room.counts_k[c] * sample.weights_k[c]
            room.node_weights_k[c] = weight
            total += weight
            square += weight * weight
            present += room.counts_k[c] > 0
        best: Cut = (-1.0, LEAF, 0, 0)
        if present > 1 and level < depth and end - start >= 2 * min_leaf:
            best = _look_for_cut(sample, room, (start, end, min_leaf, total), state, len(features_g), per_split, cuts)
        score, feature, low, high = best
        room.node_feature[nodes] = feature
        if feature == LEAF:
            room.node_bin[nodes] = 0
            _write_leaf(room.node_weights_k, total, room.parts_lk, leaves)
            nodes += 1
            leaves += 1
            continue
        decrease_f[feature] += score - square / total
        last_left, first_right = sample.highest_fb[feature, low], sample.lowest_fb[feature, high]
        split = _middle_edge(sample.edges_fb, feature, last_left, first_right, low, high)
        room.node_bin[nodes] = split
        nodes += 1
        middle = _partition(room.samples, room.spare, start, end, sample.bins_fn, feature, split)
        for c in range(classes):
            room.waiting_counts[top, c] = room.counts_k[c] - room.best_left_k[c]
            room.waiting_counts[top + 1, c] = room.best_left_k[c]
        waiting[top, 0], waiting[top, 1], waiting[top, 2] = middle, end, level + 1
        waiting[top + 1, 0], waiting[top + 1, 1], waiting[top + 1, 2] = start, middle, level + 1
        top += 2
    return nodes, leaves
