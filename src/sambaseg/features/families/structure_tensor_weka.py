"""Structure tensor as in Trainable Weka Segmentation, four planes a scale: integrated over 1 px and over 3 px.

As the family "structure_tensor" (`sambaseg.features.tensor`), but the products of gradients are blurred by 1 px and by
3 px whatever the scale, and both pairs of eigenvalues are planes. Support: the blurs' radii + 1 px.
"""

from __future__ import annotations

from sambaseg.features.family import Family, Scales, Step
from sambaseg.features.tensor import tensor_step

INTEGRATIONS_PX = (1.0, 3.0)
NAMES = tuple(
    f"Structure tensor eigenvalue {number} over {integration_px:g} px"
    for integration_px in INTEGRATIONS_PX
    for number in (1, 2)
)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(tensor_step(scales, scale_px, INTEGRATIONS_PX, NAMES) for scale_px in scales.listed_px)


STRUCTURE_TENSOR_WEKA = Family(
    id="structure_tensor_weka",
    name="Structure tensor extras",
    group="edges",
    summary="The same over a fixed neighbourhood of 1 and of 3 pixels, as in Trainable Weka Segmentation.",
    planes="4 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
