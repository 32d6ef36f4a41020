"""Giving pixels of regions that are too small to what lies around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.regions import Regions
from sambaseg.compiled import compiled


def give_away(plane_yx: NDArray[np.uint8], regions: Regions, chosen_v: NDArray[np.bool_], size: int) -> tuple[int, int]:
    """Give each region of a chosen value with fewer than `size` pixels to the value that it shares most sides with.

    Only neighbours that stay count; of equal ones the smaller value. Regions with none among their neighbours are left.
    Changes `plane_yx`. Returns how many were given away, and how many small ones are left.
    """
    small_r = _small_roots(plane_yx, regions.numbers_yx, regions.roots_r, regions.areas_r, chosen_v, size)
    index_r = np.full(len(small_r), -1, np.int32)
    roots = np.flatnonzero(small_r)
    index_r[roots] = np.arange(len(roots), dtype=np.int32)
    votes_sv = np.zeros((len(roots), int(plane_yx.max(initial=0)) + 1), np.int32)
    _vote(plane_yx, regions.numbers_yx, regions.roots_r, index_r, votes_sv)
    votes_sv[:, 0] = 0  # pixels without a class are no neighbours
    winners_s = np.where(votes_sv.max(axis=1, initial=0) > 0, votes_sv.argmax(axis=1), 0).astype(np.uint8)
    _write(plane_yx, regions.numbers_yx, regions.roots_r, index_r, winners_s)
    given = int((winners_s > 0).sum())
    return given, len(roots) - given


@compiled
def _small_roots(
    plane_yx: NDArray[np.uint8],
    numbers_yx: NDArray[np.int32],
    roots_r: NDArray[np.int32],
    areas_r: NDArray[np.int64],
    chosen_v: NDArray[np.bool_],
    size: int,
) -> NDArray[np.bool_]:
    small_r = np.zeros(len(roots_r), np.bool_)
    height, width = plane_yx.shape
    for y in range(height):
        for x in range(width):
            number = numbers_yx[y, x]
            if number >= 0 and chosen_v[plane_yx[y, x]]:
                root = roots_r[number]
                small_r[root] = areas_r[root] < size
    return small_r


@compiled
def _vote(
    plane_yx: NDArray[np.uint8],
    numbers_yx: NDArray[np.int32],
    roots_r: NDArray[np.int32],
    index_r: NDArray[np.int32],
    votes_sv: NDArray[np.int32],
) -> None:
    """Count the sides that each small region shares with values of regions that are not small."""
    height, width = plane_yx.shape
    for y in range(height):
        for x in range(width):
            number = numbers_yx[y, x]
            here = index_r[roots_r[number]] if number >= 0 else -1
            for dy, dx in ((0, 1), (1, 0)):
                if y + dy < height and x + dx < width:
                    beside = numbers_yx[y + dy, x + dx]
                    there = index_r[roots_r[beside]] if beside >= 0 else -1
                    if here >= 0 and there < 0:
                        votes_sv[here, plane_yx[y + dy, x + dx]] += 1
                    elif there >= 0 and here < 0:
                        votes_sv[there, plane_yx[y, x]] += 1


@compiled
def _write(
    plane_yx: NDArray[np.uint8],
    numbers_yx: NDArray[np.int32],
    roots_r: NDArray[np.int32],
    index_r: NDArray[np.int32],
    winners_s: NDArray[np.uint8],
) -> None:
    height, width = plane_yx.shape
    for y in range(height):
        for x in range(width):
            number = numbers_yx[y, x]
            if number >= 0:
                index = index_r[roots_r[number]]
                if index >= 0 and winners_s[index] > 0:
                    plane_yx[y, x] = winners_s[index]
