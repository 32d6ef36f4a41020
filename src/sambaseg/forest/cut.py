"""Where to cut one feature in one node of a tree: the innermost kernels of training.

A cut is scored by the sum over both sides of the sum of squared class weights over the weight of the side, which is
highest where the Gini impurity is lowest. Nodes with many samples are cut by a histogram, with few by sorting.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled

SORTED_SAMPLES = 40
"""Nodes with more samples than this are cut by a histogram."""

BIN_COUNT = 256

CLASS_BITS = np.uint64(0xFFFF)
TIMES_SHIFT = np.uint64(16)
INDEX_SHIFT = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_BIN_SHIFT = np.uint64(8)

Bins = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Samples = npt.NDArray[np.uint64]
"""Index in the training sample, times drawn, and class of each sample, in one number."""

Whole = int | np.int64
Cut = tuple[float, Whole, Whole, Whole]
"""Score, feature, last bin with samples on the left, first bin with samples on the right."""

Node = tuple[int, int, int, float]
"""First sample, last sample + 1, samples that a side needs, weight."""


@compiled
def cut_by_histogram(
    samples: Samples,
    node: Node,
    bins_fn: Bins,
    feature: int,
    weights_k: Weights,
    node_weights_k: Weights,
    best: Cut,
    best_left_k: Counts,
    histogram_kb: Counts,
    on_left_b: npt.NDArray[np.int32],
    table_rb: Weights,
) -> tuple[bool, Cut]:
    """Return whether the feature varies in the node, and the best cut so far; note its draws on the left.

    `histogram_kb`, flat, is all zero before and after; `on_left_b` (256) and `table_rb` (3, 256) are room to work in.
    """
    start, end, min_leaf, total = node
    for i in range(start, end):
        sample = samples[i]
        at = np.uint64(bins_fn[feature, sample >> INDEX_SHIFT])
        times = (sample >> TIMES_SHIFT) & CLASS_BITS
        histogram_kb[((sample & CLASS_BITS) << _BIN_SHIFT) | at] += np.int64(times) | (1 << 32)
    for b in range(BIN_COUNT):
        on_left_b[b] = 0
        table_rb[0, b] = table_rb[1, b] = table_rb[2, b] = 0.0
    for c in range(len(weights_k)):
        running = np.int64(0)
        weight, whole = weights_k[c], node_weights_k[c]
        for b in range(BIN_COUNT):
            running += histogram_kb[c * BIN_COUNT + b]
            histogram_kb[c * BIN_COUNT + b] = running
        for b in range(BIN_COUNT):
            held = histogram_kb[c * BIN_COUNT + b]
            on_left_b[b] += np.int32(held >> 32)
            left = np.int32(held) * weight
            right = whole - left
            table_rb[0, b] += left
            table_rb[1, b] += left * left
            table_rb[2, b] += right * right
    score, best_feature, low, high = best
    fewest, most = max(min_leaf, 1), end - start - max(min_leaf, 1)
    improved = False
    for b in range(BIN_COUNT):
        left_weight = table_rb[0, b]
        right_weight = total - left_weight
        both = left_weight * right_weight
        found = table_rb[1, b] * right_weight + table_rb[2, b] * left_weight
        if found > score * both and fewest <= on_left_b[b] <= most:
            score, low, improved = found / both, b, True
    if improved:
        best_feature, high = feature, low + 1
        while on_left_b[high] == on_left_b[low]:
            high += 1
    first = 0
    while on_left_b[first] == 0:
        first += 1
    for c in range(len(weights_k)):
        if improved:
            best_left_k[c] = histogram_kb[c * BIN_COUNT + low] & 0xFFFFFFFF
        for b in range(BIN_COUNT):
            histogram_kb[c * BIN_COUNT + b] = 0
    return on_left_b[first] < end - start, (score, best_feature, low, high)


@compiled
def cut_by_sorting(
    samples: Samples,
    node: Node,
    bins_fn: Bins,
    feature: int,
    weights_k: Weights,
    node_weights_k: Weights,
    best: Cut,
    best_left_k: Counts,
    keys: Samples,
    left_k: Counts,
) -> tuple[bool, Cut]:
    """Do what `cut_by_histogram` does; `keys` (SORTED_SAMPLES) and `left_k` are room to work in."""
    start, end, min_leaf, total = node
    count = end - start
    for i in range(count):
        sample = samples[start + i]
        key = (np.uint64(bins_fn[feature, sample >> INDEX_SHIFT]) << INDEX_SHIFT) | (sample & _LOW_HALF)
        at = i
        while at > 0 and keys[at - 1] > key:
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key
    score, best_feature, low, high = best
    left_weight, left_square, right_square = 0.0, 0.0, 0.0
    for c in range(len(weights_k)):
        left_k[c] = 0
        right_square += node_weights_k[c] * node_weights_k[c]
    for i in range(count - 1):
        key = keys[i]
        c = key & CLASS_BITS
        weight = np.float64((key >> TIMES_SHIFT) & CLASS_BITS) * weights_k[c]
        left = left_k[c] * weights_k[c]
        left_square += weight * (weight + 2 * left)
        right_square += weight * (weight - 2 * (node_weights_k[c] - left))
        left_weight += weight
        left_k[c] += np.int64((key >> TIMES_SHIFT) & CLASS_BITS)
        here, following = key >> INDEX_SHIFT, keys[i + 1] >> INDEX_SHIFT
        if here == following or i + 1 < min_leaf or count - i - 1 < min_leaf:
            continue
        right_weight = total - left_weight
        both = left_weight * right_weight
        found = left_square * right_weight + right_square * left_weight
        if found > score * both:
            score, best_feature, low, high = found / both, feature, np.int64(here), np.int64(following)
            for k in range(len(weights_k)):
                best_left_k[k] = left_k[k]
    return keys[0] >> INDEX_SHIFT < keys[count - 1] >> INDEX_SHIFT, (score, best_feature, low, high)
