"""Where extra trees cut one feature in one node: anywhere between its lowest and its highest value there.

Geurts, Ernst, Wehenkel: Extremely randomized trees, Machine Learning 63 (2006): of each candidate feature one threshold
is drawn, uniformly between the values of the node's samples, and the best of the candidates is taken. The threshold is
drawn among values, not among bins, and then moved to the nearer end of the bin that it falls into.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import inlined
from sambaseg.forest.bits import at_most_64, count_bits
from sambaseg.forest.cut import INDEX_SHIFT, Bins, Cut, CuttingRoom, NodeSamples, Weights, Whole

Ends = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Edges of all bins (features, 255), their lowest and their highest values (features, 256)."""


@inlined
def cut_at_random(
    node: NodeSamples,
    bins_fm: Bins,
    feature: Whole,
    class_weights_k: Weights,
    best: Cut,
    room: CuttingRoom,
    ends: Ends,
    drawn: float,
) -> tuple[bool, Cut]:
    """Do what `cut_by_histogram` does with one threshold, `drawn` (0 to below 1) of the way through the node's values.

    Each sample counts once.
    """
    count, bins_n = node.end - node.start, room.bins_n
    for i in range(np.uint64(count)):
        bins_n[i] = bins_fm[feature, node.samples[np.uint64(node.start) + i] >> INDEX_SHIFT]
    first, last = np.uint8(255), np.uint8(0)
    for i in range(count):
        first, last = min(first, bins_n[i]), max(last, bins_n[i])
    if first == last:
        return False, best
    split = _last_on_left(ends, feature, np.int64(first), np.int64(last), drawn)
    at, on_left = np.int64(0), np.int64(0)
    left_weight, left_square, right_square = 0.0, 0.0, 0.0
    for c in range(len(node.sizes_k)):
        room.left_k[c] = _count_at_most(bins_n, at, node.sizes_k[c], np.uint8(split))
        at += node.sizes_k[c]
        on_left += room.left_k[c]
        left = room.left_k[c] * class_weights_k[c]
        right = node.weights_k[c] - left
        left_weight += left
        left_square += left * left
        right_square += right * right
    if on_left < node.min_leaf or count - on_left < node.min_leaf:
        return True, best
    right_weight = node.total - left_weight
    both = left_weight * right_weight
    found = left_square * right_weight + right_square * left_weight
    if found <= best[0] * both:
        return True, best
    for c in range(len(node.sizes_k)):
        room.best_left_k[c] = room.left_k[c]
    return True, (found / both, feature, split, split + 1)


@inlined
def _count_at_most(bins_n: Bins, start: Whole, count: Whole, limit: np.uint8) -> Whole:
    """Return how many of `count` bins from `start` on are at most `limit`; 64 more can be read behind them."""
    found = np.int64(0)
    for first in range(0, count, 64):
        answers = at_most_64(bins_n, np.uint64(start + first), limit)
        if count - first < 64:
            answers &= (np.uint64(1) << np.uint64(count - first)) - np.uint64(1)
        found += count_bits(answers)
    return found


@inlined
def _last_on_left(ends: Ends, feature: Whole, first: Whole, last: Whole, drawn: float) -> Whole:
    """Return the last bin, `first` to `last` - 1, below a threshold that is `drawn` of the way through these bins."""
    edges_fb, lowest_fb, highest_fb = ends
    lowest, highest = np.float64(lowest_fb[feature, first]), np.float64(highest_fb[feature, last])
    threshold = lowest + drawn * (highest - lowest)
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if np.float64(edges_fb[feature, middle]) < threshold:
            low = middle + 1
        else:
            high = middle
    middle_of_bin = (np.float64(lowest_fb[feature, low]) + np.float64(highest_fb[feature, low])) / 2
    return max(first, min(last - 1, low - np.int64(threshold < middle_of_bin)))
