"""Where extra trees cut one feature in one node: anywhere between its lowest and its highest value there.

Geurts, Ernst, Wehenkel: Extremely randomized trees, Machine Learning 63 (2006): of each candidate feature one threshold
is drawn, uniformly between the values of the node's samples, and the best of the candidates is taken. The threshold is
drawn among values, not among bins, and then moved to the nearer end of the bin that it falls into.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.forest.cut import (
    BIN_COUNT,
    CLASS_BITS,
    INDEX_SHIFT,
    TIMES_SHIFT,
    Bins,
    Counts,
    Cut,
    Node,
    Samples,
    Weights,
    Whole,
)

Ends = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Edges of all bins (features, 255), their lowest and their highest values (features, 256)."""


@compiled
def cut_at_random(
    samples: Samples,
    node: Node,
    bins_fn: Bins,
    feature: int,
    weights_k: Weights,
    node_weights_k: Weights,
    best: Cut,
    best_left_k: Counts,
    left_k: Counts,
    ends: Ends,
    drawn: float,
) -> tuple[bool, Cut]:
    """Do what `cut_by_histogram` does with one threshold, `drawn` (0 to below 1) of the way through the node's values.

    `left_k` is room to work in.
    """
    start, end, min_leaf, total = node
    first, last = np.int64(BIN_COUNT - 1), np.int64(0)
    for i in range(start, end):
        at = np.int64(bins_fn[feature, samples[i] >> INDEX_SHIFT])
        first = at if at < first else first
        last = at if at > last else last
    if first == last:
        return False, best
    split = _last_on_left(ends, feature, first, last, drawn)
    for c in range(len(weights_k)):
        left_k[c] = 0
    on_left = np.int64(0)
    for i in range(start, end):
        sample = samples[i]
        goes_left = np.int64(bins_fn[feature, sample >> INDEX_SHIFT] <= split)
        left_k[sample & CLASS_BITS] += np.int64((sample >> TIMES_SHIFT) & CLASS_BITS) * goes_left
        on_left += goes_left
    if on_left < min_leaf or end - start - on_left < min_leaf:
        return True, best
    left_weight, left_square, right_square = 0.0, 0.0, 0.0
    for c in range(len(weights_k)):
        left = left_k[c] * weights_k[c]
        right = node_weights_k[c] - left
        left_weight += left
        left_square += left * left
        right_square += right * right
    right_weight = total - left_weight
    both = left_weight * right_weight
    found = left_square * right_weight + right_square * left_weight
    if found <= best[0] * both:
        return True, best
    for c in range(len(weights_k)):
        best_left_k[c] = left_k[c]
    return True, (found / both, feature, np.int64(split), np.int64(split + 1))


@compiled
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
