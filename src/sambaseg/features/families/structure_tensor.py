"""Structure tensor, two planes a scale: how strongly and how one-sidedly the grey value changes nearby.

The larger and the smaller eigenvalue of the blurred products of gradients (`sambaseg.features.tensor`), both small in
even regions, one large along edges and lines, both large at corners. The products are blurred by half the listed scale
in both conventions. Source: ilastik's structure tensor eigenvalues (Sommer et al. 2011,
doi:10.1109/ISBI.2011.5872394). Support: both blurs' radii + 1 px.
"""

from __future__ import annotations

from sambaseg.features.family import Family, Scales, Step
from sambaseg.features.tensor import tensor_step

INTEGRATION = 0.5
"""Blur of the products, in units of the listed scale."""
NAMES = ("Structure tensor eigenvalue 1", "Structure tensor eigenvalue 2")


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(tensor_step(scales, scale_px, (INTEGRATION * scale_px,), NAMES) for scale_px in scales.listed_px)


STRUCTURE_TENSOR = Family(
    id="structure_tensor",
    name="Structure tensor",
    group="edges",
    summary="How strong edges are, and whether they run one way (lines) or several (corners, texture).",
    planes="2 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
