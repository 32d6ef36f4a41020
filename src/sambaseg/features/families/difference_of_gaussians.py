"""Difference of Gaussians, one plane a pair of scales: spots and bands of a size between the two scales.

Every smaller scale's blur minus every larger one's, so that a bright spot is positive; the image itself takes no part.
As `skimage.filters.difference_of_gaussians`; pairs as in Trainable Weka Segmentation. Source: D. Marr and E. Hildreth
(1980), doi:10.1098/rspb.1980.0020. Support: the larger blur's radius.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sambaseg.features.family import Family, Plane, Scales, Step, Target
from sambaseg.features.scratch import Scratch


def _compute(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    fine, coarse = sources
    np.subtract(target.around(fine, 0), target.around(coarse, 0), out=target.plane(0))


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=("Difference of Gaussians",),
            scale_px=coarse_px,
            scale_text=f"{fine_px:g} and {coarse_px:g} px",
            sources=(scales.source(scales.blur_px(fine_px), 0), scales.source(scales.blur_px(coarse_px), 0)),
            compute=_compute,
            ns_per_pixel=0.5,
        )
        for coarse_px, fine_px in sorted((coarse, fine) for fine, coarse in combinations(scales.listed_px, 2))
    )


DIFFERENCE_OF_GAUSSIANS = Family(
    id="difference_of_gaussians",
    name="Difference of Gaussians",
    group="lines",
    summary="What is brighter or darker than its wider surroundings: spots and bands of a certain size.",
    planes="1 for each pair of scales",
    default_weka=True,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
