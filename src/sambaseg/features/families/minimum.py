"""Minimum over a disk (erosion), one plane a scale: the darkest grey value nearby.

The disk's radius is the scale in both conventions, and the disk includes its radius: `scipy.ndimage.minimum_filter`
with that footprint. Source: Trainable Weka Segmentation's minimum filter. Support: the radius.
"""

from __future__ import annotations

from sambaseg.features.arrays import FloatArray
from sambaseg.features.disk import disk_steps
from sambaseg.features.disk_extremum import minimum_over_disk
from sambaseg.features.family import ComputeStep, Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch


def _minimum_of(radius_px: float) -> ComputeStep:
    def compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
        window_yx = target.around(sources[0], int(radius_px))
        values_yx: FloatArray = scratch.array("disk values", window_yx.shape)
        values_yx[...] = window_yx
        target.plane(0)[...] = minimum_over_disk(values_yx, radius_px, scratch)

    return compute


def _steps(scales: Scales) -> tuple[Step, ...]:
    return disk_steps(("Minimum",), scales, _minimum_of, lambda radius_px: 1 + 0.6 * radius_px, scratch_planes=2)


MINIMUM = Family(
    id="minimum",
    name="Minimum",
    group="brightness",
    summary="The darkest grey value within a disk: closes bright gaps, widens dark regions.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
