"""Sorting many short columns at once by a network of comparisons, each applied to whole rows.

A network is a fixed list of (lower, higher) pairs of rows: after each, the smaller value of every column stands in the
first and the larger in the second. Source: K. E. Batcher (1968), odd-even merge sort, doi:10.1145/1468075.1468121.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray


@lru_cache(maxsize=64)
def sorting_network(size: int, wanted: frozenset[int] | None = None) -> IndexArray:
    """Return the comparisons that sort `size` rows, shape (n, 2); only those that the `wanted` ranks need, if given."""
    pairs: list[tuple[int, int]] = []
    block = 1
    while block < size:
        step = block
        while step >= 1:
            for start in range(step % block, size - step, 2 * step):
                lowers = range(start, min(start + step, size - step))
                pairs += [(low, low + step) for low in lowers if low // (2 * block) == (low + step) // (2 * block)]
            step //= 2
        block *= 2
    needed = set(range(size)) if wanted is None else set(wanted)
    kept: list[tuple[int, int]] = []
    for pair in reversed(pairs):
        if needed.intersection(pair):
            needed.update(pair)
            kept.append(pair)
    return np.array(kept[::-1], np.int64).reshape(-1, 2)


@compiled
def sort_columns(rows_nx: FloatArray, network: IndexArray) -> None:
    """Apply a network to `rows_nx` in place; there must be no NaN."""
    width = np.uint64(rows_nx.shape[1])
    for pair in range(network.shape[0]):
        lower, higher = rows_nx[network[pair, 0]], rows_nx[network[pair, 1]]
        for x in range(width):
            one, other = lower[x], higher[x]
            lower[x] = np.minimum(one, other)
            higher[x] = np.maximum(one, other)
