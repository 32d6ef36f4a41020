"""What a recipe costs, estimated before anything is computed.

The constants, here and in each family's steps, were measured with ``python bench/features.py --families`` on one core
of an AMD EPYC of 2021. They are good to a factor of two: enough to warn before a recipe that takes minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sambaseg.features.blur import gaussian_radius_px
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import plan_for

BLUR_NS, BLUR_NS_PER_RADIUS_PX = 0.4, 0.22
DOUBLE_FACTOR = 2.5


@dataclass(frozen=True)
class RecipeCost:
    """Number of features, how far around a pixel they look, and seconds for a million pixels on one core."""

    features: int
    halo_px: int
    seconds_per_megapixel: float


def cost(recipe: FeatureRecipe, channels: int) -> RecipeCost:
    """Return what `recipe` costs for an image of so many channels; raises ParameterError as `plan_for`."""
    plan = plan_for(recipe, channels)
    channel_ns = sum(planned.step.ns_per_pixel for planned in plan.steps)
    for blur_px in plan.margins:
        if blur_px:
            blur_ns = BLUR_NS + BLUR_NS_PER_RADIUS_PX * gaussian_radius_px(blur_px, plan.window)
            channel_ns += blur_ns * (DOUBLE_FACTOR if blur_px in plan.doubles else 1)
    image_ns = sum(planned.step.ns_per_pixel for planned in plan.image_steps)
    return RecipeCost(plan.planes, plan.halo_px, round((channels * channel_ns + image_ns) * 1e-3, 4))
