"""Where to cut one feature in one node of a tree: the innermost kernels of training.

A cut is scored by the sum over both sides of the sum of squared class weights over the weight of the side, which is
highest where the Gini impurity is lowest. Nodes with many samples are cut by a histogram, with few by sorting.

Samples stand in the order of their classes, in a node too: nobody has to look up the class of a sample.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import inlined
from sambaseg.forest.scores import BIN_COUNT, above_64, score_bins
from sambaseg.forest.vectors import RANKED_KEYS, add_up_256, first_bit, rank_keys

SORTED_SAMPLES = 40
"""Nodes with more samples than this are cut by a histogram."""

TIMES_BITS = np.uint64(0xFFFFFFFF)
INDEX_SHIFT = np.uint64(32)

Bins = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Samples = npt.NDArray[np.uint64]
"""Index in the training sample, and times drawn, of each sample, in one number."""

Whole = int | np.int64
Cut = tuple[float, Whole, Whole, Whole]
"""Score, feature, last bin with samples on the left, first bin with samples on the right."""


_NEARLY = 1 - 1e-9
"""Scores that differ by less may be in another order as rounded."""


class NodeSamples(NamedTuple):
    """The samples of a node: `samples` from `start` to `end`, of each class `sizes_k` in turn.

    A side of a cut needs `min_leaf` of them. `total` is their weight, `weights_k` that of each class.
    """

    samples: Samples
    start: Whole
    end: Whole
    sizes_k: Counts
    weights_k: Weights
    total: float
    min_leaf: Whole


class CuttingRoom(NamedTuple):
    """Room to look for cuts in: `best_left_k` are the draws on the left of the best cut.

    `histogram_kb`, flat, is all zero before and after each cut.
    """

    best_left_k: Counts
    left_k: Counts
    histogram_kb: Samples
    on_left_b: npt.NDArray[np.int32]
    table_rb: Weights
    keys: npt.NDArray[np.uint32]
    ranks: npt.NDArray[np.uint32]
    sorted_keys: npt.NDArray[np.uint32]
    bins_n: Bins


def make_cutting_room(samples: int, classes: int) -> CuttingRoom:
    """Return room for nodes of up to so many samples."""
    return CuttingRoom(
        best_left_k=np.zeros(classes, np.int64),
        left_k=np.zeros(classes, np.int64),
        histogram_kb=np.zeros(classes * BIN_COUNT, np.uint64),
        on_left_b=np.empty(BIN_COUNT, np.int32),
        table_rb=np.empty((2, BIN_COUNT), np.float64),
        keys=np.zeros(RANKED_KEYS, np.uint32),
        ranks=np.zeros(RANKED_KEYS, np.uint32),
        sorted_keys=np.zeros(RANKED_KEYS, np.uint32),
        bins_n=np.zeros(samples + 64, np.uint8),
    )


@inlined
def cut_by_histogram(
    node: NodeSamples, bins_fm: Bins, feature: Whole, class_weights_k: Weights, best: Cut, room: CuttingRoom
) -> tuple[bool, Cut]:
    """Return whether the feature varies in the node, and the best cut so far; note its draws on the left."""
    histogram_kb, on_left_b = room.histogram_kb, room.on_left_b
    following = np.uint64(node.start)
    for c in range(len(node.sizes_k)):
        if node.sizes_k[c] == 0:
            continue
        row, first, following = c * BIN_COUNT, following, following + np.uint64(node.sizes_k[c])
        for i in range(first, following):
            sample = node.samples[i]
            at = np.uint64(row) + np.uint64(bins_fm[feature, sample >> INDEX_SHIFT])
            histogram_kb[at] += (sample & TIMES_BITS) | (np.uint64(1) << INDEX_SHIFT)
        add_up_256(histogram_kb, row)
    count = np.int32(node.end - node.start)
    fewest = max(node.min_leaf, 1)
    classes = node.sizes_k, class_weights_k, node.weights_k
    highest = score_bins(histogram_kb, on_left_b, room.table_rb, classes, (node.total, fewest, count - fewest))
    varies = False
    for b in range(BIN_COUNT):
        varies |= (on_left_b[b] > 0) & (on_left_b[b] < count)
    if highest > best[0] * _NEARLY:
        best = _best_bin(node, feature, best, highest * _NEARLY, room)
    for c in range(len(node.sizes_k)):
        if best[1] == feature:
            room.best_left_k[c] = np.int64(histogram_kb[c * BIN_COUNT + best[2]] & TIMES_BITS)
        if node.sizes_k[c]:
            for b in range(BIN_COUNT):
                histogram_kb[c * BIN_COUNT + b] = 0
    return varies, best


@inlined
def _best_bin(node: NodeSamples, feature: Whole, best: Cut, near: float, room: CuttingRoom) -> Cut:
    """Return the best cut so far, where `near` is just below the highest score of this feature.

    Cuts take turns from low bins to high ones, and what counts is which of two is higher as rounded; those far below
    the highest one can be left out.
    """
    on_left_b, table_rb = room.on_left_b, room.table_rb
    score, best_feature, low, high = best
    fewest = max(node.min_leaf, 1)
    most = node.end - node.start - fewest
    improved = False
    for first in range(0, BIN_COUNT, 64):
        better = above_64(table_rb, np.uint64(first), near)
        while better:
            b = first + first_bit(better)
            better &= better - np.uint64(1)
            if table_rb[1, b] > score * table_rb[0, b] and fewest <= on_left_b[b] <= most:
                score, low, improved = table_rb[1, b] / table_rb[0, b], b, True
    if improved:
        best_feature, high = feature, low + 1
        while on_left_b[high] == on_left_b[low]:
            high += 1
    return score, best_feature, low, high


@inlined
def _sort_samples(node: NodeSamples, bins_f: Bins, room: CuttingRoom) -> None:
    """Write the keys of up to SORTED_SAMPLES samples in ascending order.

    The key of a sample is its bin (8 bits), how often it was drawn (16 bits) and its class (8 bits).
    """
    start, following = np.uint64(node.start), np.uint64(node.start)
    for c in range(len(node.sizes_k)):
        first, following = following, following + np.uint64(node.sizes_k[c])
        for i in range(first, following):
            sample = node.samples[i]
            times, at = np.uint32(sample & TIMES_BITS), np.uint32(bins_f[sample >> INDEX_SHIFT])
            room.keys[i - start] = (at << np.uint32(24)) | (times << np.uint32(8)) | np.uint32(c)
            room.sorted_keys[i - start] = np.uint32(0)
    count = following - start
    rank_keys(room.keys, np.int64(count), room.ranks)
    for i in range(count):
        room.sorted_keys[room.ranks[i]] = room.keys[i]
    highest = np.uint32(0)
    for i in range(count):  # equal keys have the same rank
        highest = max(highest, room.sorted_keys[i])
        room.sorted_keys[i] = highest


@inlined
def cut_by_sorting(
    node: NodeSamples, bins_fm: Bins, feature: Whole, class_weights_k: Weights, best: Cut, room: CuttingRoom
) -> tuple[bool, Cut]:
    """Do what `cut_by_histogram` does, for up to SORTED_SAMPLES samples."""
    _sort_samples(node, bins_fm[feature], room)
    count, keys = node.end - node.start, room.sorted_keys
    if keys[0] >> np.uint32(24) == keys[count - 1] >> np.uint32(24):
        return False, best
    score, best_feature, low, high = best
    left_weight, left_square, right_square = 0.0, 0.0, 0.0
    for c in range(len(node.sizes_k)):
        room.left_k[c] = 0
        right_square += node.weights_k[c] * node.weights_k[c]
    for i in range(np.uint64(count - 1)):
        key, following = np.int64(keys[i]), np.int64(keys[i + np.uint64(1)])
        place, times = np.uint64(key & 0xFF), (key >> 8) & 0xFFFF
        weight = np.float64(times) * class_weights_k[place]
        left = room.left_k[place] * class_weights_k[place]
        left_square += weight * (weight + 2 * left)
        right_square += weight * (weight - 2 * (node.weights_k[place] - left))
        left_weight += weight
        room.left_k[place] += times
        here, there, on_left = key >> 24, following >> 24, np.int64(i) + 1
        if here == there or on_left < node.min_leaf or count - on_left < node.min_leaf:
            continue
        right_weight = node.total - left_weight
        both = left_weight * right_weight
        found = left_square * right_weight + right_square * left_weight
        if found > score * both:
            score, best_feature, low, high = found / both, feature, here, there
            for k in range(len(node.sizes_k)):
                room.best_left_k[k] = room.left_k[k]
    return True, (score, best_feature, low, high)
