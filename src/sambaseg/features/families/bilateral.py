"""Bilateral filter, four planes in all: the mean of those pixels nearby whose grey value is close to the pixel's own.

Over disks of 5 and of 10 px (that include their radius), of the pixels that differ by less than 50 or less than 100
levels of 255: `skimage.filters.rank.mean_bilateral`, exact for float32. Levels that differ by exactly the range are
left out whatever the rounding: the limit stands half a level below. Source: C. Tomasi and R. Manduchi (1998),
doi:10.1109/ICCV.1998.710815, with equal weights; radii and ranges as in Trainable Weka Segmentation. Support: 10 px.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray, IndexArray
from sambaseg.features.disk import half_widths
from sambaseg.features.family import Family, Plane, Target, single_step
from sambaseg.features.scratch import Scratch

RADII_PX = (5, 10)
RANGES = (50, 100)
"""Levels of 255."""
REACH = max(RADII_PX)
NAMES = tuple(f"Bilateral ({radius_px} px, range {range_})" for radius_px in RADII_PX for range_ in RANGES)
NARROW, WIDE = (np.float32((range_ - 0.5) / 255) for range_ in RANGES)
ZERO, ONE = np.float32(0), np.float32(1)


@lru_cache(maxsize=1)
def _tables() -> tuple[IndexArray, IndexArray]:
    """Return (dy, dx) of the disks' pixels without the centre, the smaller disk's first, and how many each has."""
    reach = range(-REACH, REACH + 1)
    inside = [
        {
            (dy, dx)
            for dy in reach
            for dx in reach
            if abs(dy) <= radius_px and abs(dx) <= half_widths(radius_px)[abs(dy)]
        }
        for radius_px in map(int, RADII_PX)
    ]
    smaller = sorted(inside[0] - {(0, 0)})
    offsets = [*smaller, *sorted(inside[1] - inside[0])]
    return np.array(offsets, np.int64), np.array([len(smaller), len(offsets)], np.int64)


@compiled
def _bilateral(
    source_yx: FloatArray,
    y0: int,
    x0: int,
    offsets: IndexArray,
    counts: IndexArray,
    sums_cx: FloatArray,
    out_fyx: FloatArray,
    first: int,
    top: int,
    left: int,
    height: int,
    width: int,
) -> None:
    for y in range(height):
        row = y0 + y
        centre = source_yx[row, x0 : x0 + width]
        near, near_count, wide, wide_count = sums_cx[0], sums_cx[1], sums_cx[2], sums_cx[3]
        near[:], wide[:] = ZERO, ZERO
        near_count[:], wide_count[:] = ONE, ONE
        tap = 0
        for disk in range(counts.size):
            while tap < counts[disk]:
                dy, dx = offsets[tap]
                other = source_yx[row + dy, x0 + dx : x0 + dx + width]
                for x in range(np.uint64(width)):
                    difference = other[x] - centre[x]
                    size = abs(difference)
                    near[x] += difference if size < NARROW else ZERO
                    near_count[x] += ONE if size < NARROW else ZERO
                    wide[x] += difference if size < WIDE else ZERO
                    wide_count[x] += ONE if size < WIDE else ZERO
                tap += 1
            out_near = out_fyx[first + 2 * disk, top + y, left : left + width]
            out_wide = out_fyx[first + 2 * disk + 1, top + y, left : left + width]
            for x in range(np.uint64(width)):
                out_near[x] = centre[x] + np.divide(near[x], near_count[x])
                out_wide[x] = centre[x] + np.divide(wide[x], wide_count[x])


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    offsets, counts = _tables()
    sums_cx = scratch.array("bilateral sums", (4, target.width))
    _bilateral(plane.array_yx, plane.y, plane.x, offsets, counts, sums_cx, *target)


BILATERAL = Family(
    id="bilateral",
    name="Bilateral",
    group="brightness",
    summary="The mean of what is like the pixel nearby: noise goes, edges and small things stay.",
    planes="4",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    steps=single_step(NAMES, _compute, reach_px=REACH, ns_per_pixel=90.0),
)
