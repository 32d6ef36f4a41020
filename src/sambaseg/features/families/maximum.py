"""Maximum over a disk (dilation), one plane a scale: the brightest grey value nearby.

The disk's radius is the scale in both conventions, and the disk includes its radius: `scipy.ndimage.maximum_filter`
with that footprint. Source: Trainable Weka Segmentation's maximum filter. Support: the radius.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.arrays import FloatArray
from sambaseg.features.disk import disk_steps
from sambaseg.features.disk_extremum import minimum_over_disk
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch


def _maximum_of(radius_px: float) -> ComputeStep:
    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        window_yx = target.around(sources[0], int(radius_px))
        negated_yx: FloatArray = scratch.array("disk values", window_yx.shape)
        np.negative(window_yx, out=negated_yx)
        np.negative(minimum_over_disk(negated_yx, radius_px, scratch), out=target.plane(0))

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(("Maximum",), scales, _maximum_of, lambda radius_px: 1 + 0.6 * radius_px, scratch_planes=2)


MAXIMUM = Family(
    id="maximum",
    name="Maximum",
    group="brightness",
    summary="The brightest grey value within a disk: closes dark gaps, widens bright regions.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
