"""Blocks of 256 pixels on their way into the walk and out of it: bins are copied in, probabilities are written out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import inlined
from sambaseg.forest.grow import WHOLE

BLOCK_PX = 256

Words = npt.NDArray[np.uint64]
Values = npt.NDArray[np.uint32]


@inlined
def name_pixels(pixels: Words, height: int, width: int, block_width: int) -> None:
    """Name the pixels of a block that lie inside: `height` rows of `width`."""
    for word in range(4):
        pixels[word] = np.uint64(0)
    for y in range(height):
        for x in range(width):
            i = y * block_width + x
            pixels[i >> 6] |= np.uint64(1) << np.uint64(i & 63)


@inlined
def take_block(
    bins_fyx: npt.NDArray[np.uint8],
    first_row: int,
    place: tuple[int, int, int, int],
    block_width: int,
    block: npt.NDArray[np.uint8],
) -> None:
    """Copy the bins of a block at (top, left, rows, columns), where rows are counted from `first_row` on."""
    top, left, rows, columns = first_row + place[0], place[1], place[2], place[3]
    for f in range(bins_fyx.shape[0]):
        for y in range(rows):
            to = f * BLOCK_PX + y * block_width
            if columns == 16:  # as it mostly is: a length that is known is copied at once
                for x in range(16):
                    block[to + x] = bins_fyx[f, top + y, left + x]
            else:
                for x in range(columns):
                    block[to + x] = bins_fyx[f, top + y, left + x]


@inlined
def note_range(
    block: npt.NDArray[np.uint8],
    place: tuple[int, int, int, int],
    block_width: int,
    lowest_f: npt.NDArray[np.uint8],
    highest_f: npt.NDArray[np.uint8],
) -> None:
    """Note the lowest and the highest bin of each feature among the pixels of a block that lie inside."""
    rows, columns = (1, place[2] * block_width) if place[3] == block_width else (place[2], place[3])
    for f in range(len(lowest_f)):
        lowest, highest = np.uint8(255), np.uint8(0)
        for y in range(rows):
            start = f * BLOCK_PX + y * block_width
            for x in range(columns):
                lowest = min(lowest, block[start + x])
                highest = max(highest, block[start + x])
        lowest_f[f], highest_f[f] = lowest, highest


@inlined
def give_block(
    sums_ci: Values,
    trees: int,
    place: tuple[int, int, int, int],
    block_width: int,
    probabilities_kyx: npt.NDArray[np.float32],
) -> None:
    """Write the probabilities of a block: the mean of those that were summed."""
    top, left, rows, columns = place
    classes = probabilities_kyx.shape[0]
    scale = 1.0 / (trees * WHOLE)
    for y in range(rows):
        for x in range(columns):
            rest = np.uint64(trees * WHOLE)
            for c in range(classes - 1):
                share = np.uint64(sums_ci[c, y * block_width + x])
                rest -= share
                probabilities_kyx[c, top + y, left + x] = np.float32(np.float64(share) * scale)
            probabilities_kyx[classes - 1, top + y, left + x] = np.float32(np.float64(rest) * scale)


@inlined
def give_scored_block(
    sums_ci: Values,
    unit: float,
    offsets_k: npt.NDArray[np.float64],
    score_k: npt.NDArray[np.float64],
    place: tuple[int, int, int, int],
    block_width: int,
    probabilities_kyx: npt.NDArray[np.float32],
) -> None:
    """Write the probabilities of a block whose sums are scores: their softmax, the last class's score being 0.

    `score_k` is room to work in.
    """
    top, left, rows, columns = place
    classes = probabilities_kyx.shape[0]
    score_k[classes - 1] = 0.0
    for y in range(rows):
        for x in range(columns):
            highest = 0.0
            for c in range(classes - 1):
                share = np.uint64(sums_ci[c, y * block_width + x])
                score_k[c] = np.float64(share) * unit + offsets_k[c]
                highest = max(highest, score_k[c])
            total = 0.0
            for c in range(classes):
                total += np.exp(score_k[c] - highest)
            for c in range(classes):
                probabilities_kyx[c, top + y, left + x] = np.float32(np.exp(score_k[c] - highest) / total)
