"""Variance over a disk, one plane a scale: smooth regions dark, rough and textured ones bright.

The mean of squares less the square of the mean, of the population, in double precision. The disk's radius is the scale
in both conventions, and the disk includes its radius. Source: Trainable Weka Segmentation's variance filter. Support:
the radius.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.arrays import DoubleArray
from sambaseg.features.disk import disk_area, disk_steps
from sambaseg.features.disk_sum import sum_over_disk
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch


def _variance_of(radius_px: float) -> ComputeStep:
    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        area = disk_area(radius_px)
        window_yx = target.around(sources[0], int(radius_px))
        values_yx: DoubleArray = scratch.array("disk values", window_yx.shape, np.float64)
        values_yx[...] = window_yx
        mean_yx = sum_over_disk(values_yx, radius_px, scratch, "disk sums")
        mean_yx /= area
        mean_yx *= mean_yx
        values_yx *= values_yx
        variance_yx = sum_over_disk(values_yx, radius_px, scratch, "disk sums of squares")
        variance_yx /= area
        variance_yx -= mean_yx
        np.maximum(variance_yx, 0, out=target.plane(0), casting="same_kind")

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(("Variance",), scales, _variance_of, lambda radius_px: 5 + 1.8 * radius_px, scratch_planes=6)


VARIANCE = Family(
    id="variance",
    name="Variance",
    group="texture",
    summary="How much the grey value varies within a disk: tells rough regions from smooth ones.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
