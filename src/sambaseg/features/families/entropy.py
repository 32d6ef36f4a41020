"""Entropy of the grey values in a disk, four planes a scale: how mixed the neighbourhood is.

Shannon entropy of the histogram of the disk (that includes its radius) in 32, 64, 128 and 256 equal bins of 0..1, by
the logarithm of the number of bins, so that 0 is one grey value and 1 all bins filled alike; 0·log 0 is 0. Values
beyond 0..1 fall into the outermost bins. The disk's radius is the scale in both conventions. Histograms slide along
each row, all four at once, and with them whole-numbered sums of c·log c: whatever way a histogram came about, the sum
is the same to the last bit. Source: C. E. Shannon (1948); `skimage.filters.rank.entropy`; Trainable Weka Segmentation's
bin counts. Support: the radius.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray, IndexArray
from sambaseg.features.disk import disk_area, disk_steps, half_widths
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch

BINS = (32, 64, 128, 256)
NAMES = tuple(f"Entropy ({bins} bins)" for bins in BINS)
FIXED_POINT = 2.0**32
LEVELS = np.float32(256)
NOTHING = np.int64(0)
ONE = np.uint64(1)
AT_128, AT_64, AT_32 = np.uint64(256), np.uint64(256 + 128), np.uint64(256 + 128 + 64)
COUNTERS = 256 + 128 + 64 + 32
"""Counters of the four histograms, that of 256 bins first."""

LevelArray = npt.NDArray[np.uint8]
CountArray = npt.NDArray[np.uint32]


@lru_cache(maxsize=64)
def gains(area: int) -> IndexArray:
    """Return (c + 1)·log2(c + 1) - c·log2(c) for c = 0 to `area`, as whole numbers of 2^-32."""
    counts = np.arange(area + 2, dtype=np.float64)
    products = np.round(counts * np.log2(np.maximum(counts, 1)) * FIXED_POINT).astype(np.int64)
    return np.diff(products)


@compiled
def _levels(values_yx: FloatArray, levels_yx: LevelArray) -> None:
    """Write the bin of 256 that each value falls into."""
    height, width = values_yx.shape
    for y in range(height):
        for x in range(np.uint64(width)):
            scaled = np.minimum(np.maximum(values_yx[y, x], np.float32(0)) * LEVELS, np.float32(255))
            levels_yx[y, x] = np.uint8(np.int32(scaled))


@compiled
def _entropy(
    levels_yx: LevelArray,
    half_width_dy: IndexArray,
    gain_c: IndexArray,
    counts: CountArray,
    full: float,
    scales: DoubleArray,
    out_fyx: FloatArray,
    first: int,
    top: int,
    left: int,
    height: int,
    width: int,
) -> None:
    reach = half_width_dy.size - 1
    for y in range(height):
        counts[:] = 0
        sum_256, sum_128, sum_64, sum_32 = NOTHING, NOTHING, NOTHING, NOTHING
        for dy in range(-reach, reach + 1):
            half = half_width_dy[abs(dy)]
            for x in range(reach - half, reach + half + 1):
                at = np.uint64(levels_yx[y + reach + dy, x])
                sum_256 += _count(counts, at, gain_c)
                sum_128 += _count(counts, AT_128 + (at >> ONE), gain_c)
                sum_64 += _count(counts, AT_64 + (at >> np.uint64(2)), gain_c)
                sum_32 += _count(counts, AT_32 + (at >> np.uint64(3)), gain_c)
        for x in range(width):
            if x > 0:
                for dy in range(-reach, reach + 1):
                    half = half_width_dy[abs(dy)]
                    row = levels_yx[y + reach + dy]
                    entering, leaving = np.uint64(row[x + reach + half]), np.uint64(row[x + reach - half - 1])
                    sum_256 += _count(counts, entering, gain_c) - _uncount(counts, leaving, gain_c)
                    entering, leaving = entering >> ONE, leaving >> ONE
                    sum_128 += _count(counts, AT_128 + entering, gain_c) - _uncount(counts, AT_128 + leaving, gain_c)
                    entering, leaving = entering >> ONE, leaving >> ONE
                    sum_64 += _count(counts, AT_64 + entering, gain_c) - _uncount(counts, AT_64 + leaving, gain_c)
                    entering, leaving = entering >> ONE, leaving >> ONE
                    sum_32 += _count(counts, AT_32 + entering, gain_c) - _uncount(counts, AT_32 + leaving, gain_c)
            out_fyx[first, top + y, left + x] = scales[0] * (full - np.float64(sum_32))
            out_fyx[first + 1, top + y, left + x] = scales[1] * (full - np.float64(sum_64))
            out_fyx[first + 2, top + y, left + x] = scales[2] * (full - np.float64(sum_128))
            out_fyx[first + 3, top + y, left + x] = scales[3] * (full - np.float64(sum_256))


@compiled
def _count(counts: CountArray, at: np.uint64, gain_c: IndexArray) -> np.int64:
    """Count one pixel more; return what that adds to the sum of c·log c."""
    count = counts[at]
    counts[at] = count + np.uint32(1)
    gain: np.int64 = gain_c[np.uint64(count)]
    return gain


@compiled
def _uncount(counts: CountArray, at: np.uint64, gain_c: IndexArray) -> np.int64:
    """Count one pixel less; return what that takes off the sum of c·log c."""
    count = counts[at] - np.uint32(1)
    counts[at] = count
    gain: np.int64 = gain_c[np.uint64(count)]
    return gain


def _entropy_of(radius_px: float) -> ComputeStep:
    area = disk_area(radius_px)
    gain_c = gains(area)
    full = int(gain_c[:area].sum())  # area·log2(area)
    scales = np.array([1 / (area * FIXED_POINT * np.log2(bins)) for bins in BINS])
    reach = int(radius_px)

    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        window_yx = target.around(sources[0], reach)
        values_yx: FloatArray = scratch.array("disk values", window_yx.shape)
        values_yx[...] = window_yx
        levels_yx: LevelArray = scratch.array("entropy levels", window_yx.shape, np.uint8)
        counts: CountArray = scratch.array("entropy counts", (COUNTERS,), np.uint32)
        _levels(values_yx, levels_yx)
        _entropy(levels_yx, half_widths(radius_px), gain_c, counts, full, scales, *target)

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(NAMES, scales, _entropy_of, lambda radius_px: 40 + 13 * radius_px, scratch_planes=2)


ENTROPY = Family(
    id="entropy",
    name="Entropy",
    group="texture",
    summary="How mixed the grey values in a disk are: even regions low, noisy and textured ones high.",
    planes="4 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
