"""Finding connected regions row by row, with only the row above in memory, and adding up what is measured of them.

Each new region gets a number; where two numbers meet they are joined (union-find, the smaller number is the root). What
pixels add to their number is added up at the end, so that nothing is looked at twice. Whole rows go from top to bottom,
which is why regions are exact however the image is cut into bands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sambaseg.compiled import compiled

AREA, SUM_Y, SUM_X, ACROSS, DOWN, FALLING, RISING, BORDER = range(8)
"""What is added up: pixels, their rows and columns, crossings in four directions, pixel sides at the border."""
SUMS = 8


@compiled
def _root(parents_r: NDArray[np.int32], region: int) -> int:
    while parents_r[region] != region:
        parents_r[region] = parents_r[parents_r[region]]
        region = parents_r[region]
    return region


@compiled
def _join(parents_r: NDArray[np.int32], one: int, other: int) -> int:
    one, other = _root(parents_r, one), _root(parents_r, other)
    root = min(one, other)
    parents_r[one] = parents_r[other] = root
    return root


@compiled
def _cross(
    sums_rs: NDArray[np.int64], direction: int, rank: int, region: int, other_rank: int, other_region: int
) -> None:
    """Count a crossing between two neighbouring pixels of different classes for both of their regions."""
    if rank != other_rank and rank != 0 and other_rank != 0:
        sums_rs[region, direction] += 1
        sums_rs[other_region, direction] += 1


@compiled
def add_rows(
    ranks_yx: NDArray[np.uint8],
    first_row: int,
    last_row: bool,
    corners: bool,
    above_x: NDArray[np.uint8],
    regions_above_x: NDArray[np.int32],
    regions_x: NDArray[np.int32],
    parents_r: NDArray[np.int32],
    ranks_r: NDArray[np.uint8],
    sums_rs: NDArray[np.int64],
    used: int,
) -> tuple[int, int]:
    """Add rows (h, W) that begin at row `first_row` of the image, after those that were added before.

    `above_x` and `regions_above_x` are the row above, which are all 0 before the first one, and the last one that was
    added afterwards. `last_row`: the last of these rows is the last one of the image. Returns the numbers of regions in
    use and of rows that were added; fewer than all where another row could need more numbers than there are.
    """
    height, width = ranks_yx.shape
    for y in range(height):
        if used + width > len(parents_r):
            return used, y
        row = first_row + y
        at_edge = row == 0 or (last_row and y == height - 1)
        for x in range(width):
            rank = ranks_yx[y, x]
            if rank == 0:
                regions_x[x] = -1
                continue
            region = -1
            if x > 0 and ranks_yx[y, x - 1] == rank:
                region = regions_x[x - 1]
            if above_x[x] == rank:
                region = regions_above_x[x] if region < 0 else _join(parents_r, region, regions_above_x[x])
            elif corners:
                if x > 0 and above_x[x - 1] == rank:
                    region = regions_above_x[x - 1] if region < 0 else _join(parents_r, region, regions_above_x[x - 1])
                if x + 1 < width and above_x[x + 1] == rank:
                    region = regions_above_x[x + 1] if region < 0 else _join(parents_r, region, regions_above_x[x + 1])
            if region < 0:
                region = used
                parents_r[used] = used
                ranks_r[used] = rank
                sums_rs[used] = 0
                used += 1
            regions_x[x] = region
            sums_rs[region, AREA] += 1
            sums_rs[region, SUM_Y] += row
            sums_rs[region, SUM_X] += x
            if at_edge or x == 0 or x == width - 1:
                sums_rs[region, BORDER] += 1
        for x in range(width):
            rank, region = ranks_yx[y, x], regions_x[x]
            if x > 0:
                left = ranks_yx[y, x - 1]
                _cross(sums_rs, ACROSS, rank, region, left, regions_x[x - 1])
                _meet_unknown(sums_rs, rank, region, left, regions_x[x - 1])
            if row > 0:
                _cross(sums_rs, DOWN, rank, region, above_x[x], regions_above_x[x])
                _meet_unknown(sums_rs, rank, region, above_x[x], regions_above_x[x])
                if x > 0:
                    _cross(sums_rs, FALLING, rank, region, above_x[x - 1], regions_above_x[x - 1])
                if x + 1 < width:
                    _cross(sums_rs, RISING, rank, region, above_x[x + 1], regions_above_x[x + 1])
        above_x[:] = ranks_yx[y]
        regions_above_x[:] = regions_x
    return used, height


@compiled
def _meet_unknown(sums_rs: NDArray[np.int64], rank: int, region: int, other_rank: int, other_region: int) -> None:
    """Note that a region goes on where nobody knows: beside a pixel without a class, as at the edge of the image."""
    if rank == 0 and other_rank != 0:
        sums_rs[other_region, BORDER] += 1
    elif rank != 0 and other_rank == 0:
        sums_rs[region, BORDER] += 1


@compiled
def fold(
    parents_r: NDArray[np.int32],
    ranks_r: NDArray[np.uint8],
    sums_rs: NDArray[np.int64],
    used: int,
    numbers_r: NDArray[np.int32],
) -> int:
    """Add what joined numbers hold to their roots and number the roots anew from 0 on, in the order of first pixels.

    `numbers_r` (used,) becomes the new number of each old one. Returns how many are left.
    """
    kept = 0
    for region in range(used):
        parent = parents_r[region]
        if parent == region:
            numbers_r[region] = kept
            ranks_r[kept] = ranks_r[region]
            sums_rs[kept] = sums_rs[region]
            kept += 1
        else:  # parents have smaller numbers, and know their root by now
            number = numbers_r[parent]
            numbers_r[region] = number
            sums_rs[number] += sums_rs[region]
    for region in range(kept):
        parents_r[region] = region
    return kept
