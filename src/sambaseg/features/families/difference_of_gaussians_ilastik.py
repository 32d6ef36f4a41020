"""Difference of Gaussians in ilastik's form, one plane a scale: the blur by 0.66 of the scale minus the blur by it.

A bright spot is positive, as in "difference_of_gaussians" (ilastik has the other sign). Source: ilastik (Sommer et al.
2011, doi:10.1109/ISBI.2011.5872394). Support: the wider blur's radius.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.family import Family, Plane, Scales, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

FINER = 0.66
"""The narrower blur in units of the wider one."""


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    fine, coarse = sources
    np.subtract(target.around(fine, 0), target.around(coarse, 0), out=target.plane(0))


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Difference of Gaussians (0.66)",),
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(
                scales.source(FINER * scales.blur_px(scale_px), 0),
                scales.source(scales.blur_px(scale_px), 0),
            ),
            compute=_compute,
            ns_per_pixel=0.5,
        )
        for scale_px in scales.listed_px
    )


DIFFERENCE_OF_GAUSSIANS_ILASTIK = Family(
    id="difference_of_gaussians_ilastik",
    name="Difference of Gaussians, one scale",
    group="lines",
    summary="Spots and bands of one size: each scale against 0.66 of it, as in ilastik.",
    planes="1 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
