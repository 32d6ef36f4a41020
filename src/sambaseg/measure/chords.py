"""Chord lengths: how long straight stretches of one class are, along rows and along columns.

Only whole chords count: one that ends at the edge of the image, or at a pixel without a class, is longer by what nobody
knows. Long chords are cut off more often than short ones, so that lengths near the size of the image are too rare.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sambaseg.compiled import compiled


class ChordCounter:
    """Counts chords of an image whose rows are added from top to bottom, by class rank (1 to `classes`) and length.

    ``across_kl`` and ``down_kl`` are int64 (classes + 1, longest + 1): whole chords of a class and a length in pixels.
    """

    def __init__(self, shape_yx: tuple[int, int], classes: int) -> None:
        height, width = shape_yx
        self.across_kl = np.zeros((classes + 1, width + 1), np.int64)
        self.down_kl = np.zeros((classes + 1, height + 1), np.int64)
        self._open_x = np.zeros(width, np.uint8)
        self._lengths_x = np.zeros(width, np.int64)
        self._whole_x = np.zeros(width, np.bool_)

    def add(self, ranks_yx: NDArray[np.uint8]) -> None:
        """Add the next rows, (h, W)."""
        _count_across(ranks_yx, self.across_kl)
        _count_down(ranks_yx, self.down_kl, self._open_x, self._lengths_x, self._whole_x)


@compiled
def _count_across(ranks_yx: NDArray[np.uint8], counts_kl: NDArray[np.int64]) -> None:
    height, width = ranks_yx.shape
    for y in range(height):
        start = 0
        for x in range(1, width):
            before, rank = ranks_yx[y, x - 1], ranks_yx[y, x]
            if rank != before:
                if start > 0 and before != 0 and rank != 0 and ranks_yx[y, start - 1] != 0:
                    counts_kl[before, x - start] += 1
                start = x


@compiled
def _count_down(
    ranks_yx: NDArray[np.uint8],
    counts_kl: NDArray[np.int64],
    open_x: NDArray[np.uint8],
    lengths_x: NDArray[np.int64],
    whole_x: NDArray[np.bool_],
) -> None:
    """Go on with the chords that are open in each column: their class, length so far, and whether their start is in."""
    height, width = ranks_yx.shape
    for y in range(height):
        for x in range(width):
            before, rank = open_x[x], ranks_yx[y, x]
            if rank == before:
                lengths_x[x] += 1
                continue
            if whole_x[x] and before != 0 and rank != 0:
                counts_kl[before, lengths_x[x]] += 1
            whole_x[x] = before != 0  # nothing is open above the first row, nor where a pixel has no class
            open_x[x] = rank
            lengths_x[x] = 1
