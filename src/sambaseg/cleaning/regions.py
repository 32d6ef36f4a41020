"""The connected regions of a plane: a number for each pixel, and what is known of each region.

Regions are whole, however large: nothing is cut at the edges of tiles. Rows are numbered from top to bottom; numbers
that meet are joined (union-find), and a region's facts stand at its root, the smallest of its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sambaseg.compiled import compiled
from sambaseg.errors import MemoryBudgetError

BAND_PX = 64
FEWEST = 1 << 14
BYTES_A_NUMBER = 2 * (4 + 8 + 1)
"""Numbers are copied where there are too few."""


@dataclass(frozen=True)
class Regions:
    """Regions of a plane: ``numbers_yx`` int32, -1 where there is none; by number ``roots_r``; by root the pixels
    ``areas_r`` and whether it touches the edge of the image, ``at_border_r``.
    """

    numbers_yx: NDArray[np.int32]
    roots_r: NDArray[np.int32]
    areas_r: NDArray[np.int64]
    at_border_r: NDArray[np.bool_]


def find_regions(
    plane_yx: NDArray[np.uint8],
    keys_v: NDArray[np.uint8],
    numbers_yx: NDArray[np.int32],
    *,
    corners: bool,
    memory_bytes: int,
    tell: Callable[[float], None],
) -> Regions:
    """Return the regions of pixels whose values have the same key, ``keys_v[value]``; key 0 is no region.

    `corners`: pixels of one key that touch at a corner are connected. `numbers_yx` (H, W) int32 is written. Raises
    MemoryBudgetError where regions take more than `memory_bytes`.
    """
    height, width = plane_yx.shape
    room, used = max(FEWEST, 2 * width * BAND_PX), 0
    parents_r, areas_r, at_border_r = np.zeros(room, np.int32), np.zeros(room, np.int64), np.zeros(room, np.bool_)
    for top in range(0, height, BAND_PX):
        tell(top / height)
        if used + width * BAND_PX > room:
            room *= 2
            if room * BYTES_A_NUMBER > memory_bytes:
                raise MemoryBudgetError(
                    f"The segmentation has more than {used:,} regions, too many for the memory that may be used.",
                    hint="Allow more with --memory or SAMBASEG_MEMORY, or smooth with majority first.",
                )
            parents_r, areas_r = np.resize(parents_r, room), np.resize(areas_r, room)
            at_border_r = np.resize(at_border_r, room)
        bottom = min(top + BAND_PX, height)
        used = _number(plane_yx, keys_v, corners, top, bottom, numbers_yx, parents_r, areas_r, at_border_r, used)
    _settle(parents_r[:used], areas_r, at_border_r)
    return Regions(numbers_yx, parents_r[:used], areas_r[:used], at_border_r[:used])


@compiled
def _root(parents_r: NDArray[np.int32], number: int) -> int:
    while parents_r[number] != number:
        parents_r[number] = parents_r[parents_r[number]]
        number = parents_r[number]
    return number


@compiled
def _joined(parents_r: NDArray[np.int32], one: int, other: int) -> int:
    """Join two numbers, of which the first may be none yet (-1); return one that stands for both."""
    if one < 0:
        return other
    one, other = _root(parents_r, one), _root(parents_r, other)
    root = min(one, other)
    parents_r[one] = parents_r[other] = root
    return root


@compiled
def _number(
    plane_yx: NDArray[np.uint8],
    keys_v: NDArray[np.uint8],
    corners: bool,
    top: int,
    bottom: int,
    numbers_yx: NDArray[np.int32],
    parents_r: NDArray[np.int32],
    areas_r: NDArray[np.int64],
    at_border_r: NDArray[np.bool_],
    used: int,
) -> int:
    height, width = plane_yx.shape
    for y in range(top, bottom):
        for x in range(width):
            key = keys_v[plane_yx[y, x]]
            if key == 0:
                numbers_yx[y, x] = -1
                continue
            number = -1
            if x > 0 and keys_v[plane_yx[y, x - 1]] == key:
                number = numbers_yx[y, x - 1]
            if y > 0:
                if keys_v[plane_yx[y - 1, x]] == key:
                    number = _joined(parents_r, number, numbers_yx[y - 1, x])
                elif corners:
                    if x > 0 and keys_v[plane_yx[y - 1, x - 1]] == key:
                        number = _joined(parents_r, number, numbers_yx[y - 1, x - 1])
                    if x + 1 < width and keys_v[plane_yx[y - 1, x + 1]] == key:
                        number = _joined(parents_r, number, numbers_yx[y - 1, x + 1])
            if number < 0:
                number = used
                parents_r[used], areas_r[used], at_border_r[used] = used, 0, False
                used += 1
            numbers_yx[y, x] = number
            areas_r[number] += 1
            if y == 0 or x == 0 or y == height - 1 or x == width - 1:
                at_border_r[number] = True
    return used


@compiled
def _settle(parents_r: NDArray[np.int32], areas_r: NDArray[np.int64], at_border_r: NDArray[np.bool_]) -> None:
    """Let each number know its root, and each root what its numbers know; parents have smaller numbers."""
    for number in range(len(parents_r)):
        root = parents_r[parents_r[number]]
        parents_r[number] = root
        if root != number:
            areas_r[root] += areas_r[number]
            at_border_r[root] |= at_border_r[number]
