"""What is known of each region of a view: size, place, grey values, texture, and what the forest thinks of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray, RankArray

AREA, BORDER, GREY, GREY_SQUARED, Y, X, YY, XX, YX = range(9)
"""Columns of `RegionSums.sums_ns`: pixels, those at the view's border (corners twice), and sums over pixels."""


@dataclass(frozen=True)
class RegionSums:
    """Sums over the pixels of n regions.

    `sums_ns` float64 (n, 9), see the columns above; `colour_nc` float64 (n, C) means of the channels; `texture_n`
    float64 (n,) mean of `texture_strength`; `classes_nk` float64 (n, K) mean probabilities of the classes, K = 0
    where nothing was learned.
    """

    sums_ns: DoubleArray
    colour_nc: DoubleArray
    texture_n: DoubleArray
    classes_nk: DoubleArray


def sum_regions(
    regions_yx: RankArray, count: int, pixels_cyx: FloatArray, texture_yx: FloatArray, classes_kyx: FloatArray
) -> RegionSums:
    """Return the sums over `count` regions of pixels (C, h, w), texture (h, w) and class probabilities (K, h, w)."""
    grey_yx = pixels_cyx[0] if len(pixels_cyx) == 1 else pixels_cyx.mean(axis=0)
    sums_ns = _sum_places(regions_yx, count, grey_yx)
    area = sums_ns[:, AREA : AREA + 1]
    return RegionSums(
        sums_ns,
        _sum_planes(regions_yx, count, pixels_cyx) / area,
        (_sum_planes(regions_yx, count, texture_yx[np.newaxis]) / area)[:, 0],
        _sum_planes(regions_yx, count, classes_kyx) / area,
    )


@compiled
def region_boxes(regions_yx: RankArray, count: int) -> RankArray:
    """Return the bounding boxes of regions, int32 (n, 4): top, left, bottom, right; half-open."""
    height, width = regions_yx.shape
    boxes = np.empty((count, 4), np.int32)
    boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3] = height, width, 0, 0
    for y in range(height):
        for x in range(width):
            box = boxes[regions_yx[y, x]]
            box[0], box[1] = min(box[0], y), min(box[1], x)
            box[2], box[3] = max(box[2], y + 1), max(box[3], x + 1)
    return boxes


@compiled
def _sum_places(regions_yx: RankArray, count: int, grey_yx: FloatArray) -> DoubleArray:
    height, width = regions_yx.shape
    sums = np.zeros((count, 9), np.float64)
    for y in range(height):
        for x in range(width):
            row = sums[regions_yx[y, x]]
            grey = np.float64(grey_yx[y, x])
            row[0] += 1.0
            row[1] += (y == 0) + (y == height - 1) + (x == 0) + (x == width - 1)
            row[2] += grey
            row[3] += grey * grey
            row[4] += y
            row[5] += x
            row[6] += y * y
            row[7] += x * x
            row[8] += y * x
    return sums


@compiled
def _sum_planes(regions_yx: RankArray, count: int, planes_pyx: FloatArray) -> DoubleArray:
    planes, height, width = planes_pyx.shape
    sums = np.zeros((count, planes), np.float64)
    for plane in range(planes):
        for y in range(height):
            for x in range(width):
                sums[regions_yx[y, x], plane] += planes_pyx[plane, y, x]
    return sums
