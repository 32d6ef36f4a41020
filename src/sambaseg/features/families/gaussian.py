"""Gaussian blur, one plane a scale: the grey value averaged over a soft neighbourhood.

The sampled, normalised Gaussian cut off at 4 standard deviations, as `scipy.ndimage.gaussian_filter`. In Trainable Weka
Segmentation: Gaussian blur; in ilastik: Gaussian smoothing. Support: the kernel's radius.
"""

from __future__ import annotations

from sambaseg.features.copy import copy_plane
from sambaseg.features.family import Family, Scales, Step, scale_text


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Gaussian",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(scales.source(scales.blur_px(scale_px), 0),),
            compute=copy_plane,
            ns_per_pixel=0.3,
        )
        for scale_px in scales.listed_px
    )


GAUSSIAN = Family(
    id="gaussian",
    name="Gaussian blur",
    group="brightness",
    summary="The grey value averaged over the neighbourhood: bright and dark regions without noise.",
    planes="1 for each scale",
    default_weka=True,
    default_samba=True,
    uses_scales=True,
    steps=_steps,
)
