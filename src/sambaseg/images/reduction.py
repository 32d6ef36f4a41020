"""Halving an image: each 2 by 2 block becomes one pixel, in one of three ways."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Reduction = Literal["mean", "nearest", "label"]

_PAIR_OF = {np.dtype(f"u{bytes_}"): np.dtype(f"u{2 * bytes_}") for bytes_ in (1, 2, 4)}
"""The unsigned integers that hold two of a kind, or the sum of four."""


def halve(block_cyx: NDArray[Any], reduction: Reduction) -> NDArray[Any]:
    """Return (C, ceil(H / 2), ceil(W / 2)) in the same dtype; blocks at odd far edges have fewer than four pixels.

    "mean": the mean of the finite pixels, rounded half up for integers, NaN where none is finite. "nearest": the pixel
    at the top left. "label": the id that most of the four pixels have, counting 0 only where all are 0; of equally
    frequent ids the smallest.
    """
    if reduction == "nearest":
        return block_cyx[:, ::2, ::2]
    odd_rows, odd_columns = block_cyx.shape[1] % 2, block_cyx.shape[2] % 2
    if odd_rows or odd_columns:
        block_cyx = np.pad(block_cyx, ((0, 0), (0, odd_rows), (0, odd_columns)), mode="edge")
    if reduction == "mean" and block_cyx.dtype in (np.uint8, np.uint16):
        return _mean_of_small_integers(block_cyx)
    corners = [block_cyx[:, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    if reduction == "label":
        return _most_frequent(corners)
    return _mean_of_finite(corners) if block_cyx.dtype.kind == "f" else _mean_of_integers(corners)


def _mean_of_small_integers(block_cyx: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of 2 by 2 blocks of an even shape, exactly; neighbours are added as halves of a wider number."""
    wide = _PAIR_OF[block_cyx.dtype]
    columns = np.add(block_cyx[:, 0::2], block_cyx[:, 1::2], dtype=wide, order="C")
    pairs = columns.view(_PAIR_OF[np.dtype(wide)])
    total = pairs >> 8 * wide.itemsize
    total += pairs & np.iinfo(wide).max
    total += 2
    total >>= 2
    return np.asarray(total, dtype=block_cyx.dtype)


def _mean_of_integers(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the mean of four integer arrays, exactly and without overflow."""
    first = corners[0]
    if first.dtype.itemsize <= 4:
        total = np.add(corners[0], corners[1], dtype=np.int64) + corners[2] + corners[3]
        return np.asarray((total + 2) >> 2, dtype=first.dtype)
    quarters = sum(corner >> 2 for corner in corners[1:]) + (first >> 2)
    rests = sum(corner & 3 for corner in corners[1:]) + (first & 3)
    return np.asarray(quarters + ((rests + 2) >> 2), dtype=first.dtype)


def _mean_of_finite(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the mean of the finite ones of four floating-point arrays; NaN where none is."""
    stacked = np.stack(corners)
    finite = np.isfinite(stacked)
    count = finite.sum(axis=0)
    share = np.maximum(count, 1).astype(stacked.dtype)
    total = (np.where(finite, stacked, 0) / share).sum(axis=0)
    return np.asarray(np.where(count > 0, total, np.nan), dtype=stacked.dtype)


def _most_frequent(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Return, pixel by pixel, the most frequent value of four that is not 0; the smallest of equally frequent ones."""
    best, best_count = np.zeros_like(corners[0]), np.zeros(corners[0].shape, dtype=np.uint8)
    for candidate in corners:
        count = sum((candidate == other).view(np.uint8) for other in corners) * (candidate != 0)
        better = (count > best_count) | ((count == best_count) & (candidate < best))
        best, best_count = np.where(better, candidate, best), np.where(better, count, best_count)
    return best
