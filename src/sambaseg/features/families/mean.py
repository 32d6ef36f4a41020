"""Mean over a disk, one plane a scale: the grey value averaged with equal weights.

The disk's radius is the scale in both conventions, and the disk includes its radius. Source: Trainable Weka
Segmentation's mean filter. Support: the radius.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.arrays import DoubleArray
from sambaseg.features.disk import disk_area, disk_steps
from sambaseg.features.disk_sum import sum_over_disk
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch


def _mean_of(radius_px: float) -> ComputeStep:
    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        window_yx = target.around(sources[0], int(radius_px))
        values_yx: DoubleArray = scratch.array("disk values", window_yx.shape, np.float64)
        values_yx[...] = window_yx
        sums_yx = sum_over_disk(values_yx, radius_px, scratch, "disk sums")
        np.divide(sums_yx, disk_area(radius_px), out=target.plane(0), casting="same_kind")

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(("Mean",), scales, _mean_of, lambda radius_px: 1.5 + 0.7 * radius_px, scratch_planes=4)


MEAN = Family(
    id="mean",
    name="Mean",
    group="brightness",
    summary="The grey value averaged over a disk.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
