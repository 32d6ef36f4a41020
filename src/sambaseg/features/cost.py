"""What a recipe costs, estimated before anything is computed.

The constants, here and in each family's steps, were measured with ``python bench/features.py --families`` on one core
of an AMD EPYC of 2021. They are good to a factor of two: enough to warn before a recipe that takes minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sambaseg.features.blur import gaussian_radius_px
from sambaseg.features.plan import make_plan
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import check_channels

BLUR_NS, BLUR_NS_PER_RADIUS_PX = 0.4, 0.22
DOUBLE_FACTOR = 2.5


@dataclass(frozen=True)
class RecipeCost:
    """Number of features, how far around a pixel they look, and seconds for a million pixels on one core."""

    features: int
    halo_px: int
    seconds_per_megapixel: float


def cost(recipe: FeatureRecipe, channels: int) -> RecipeCost:
    """Return what `recipe` costs for an image of so many channels; raises ParameterError for an impossible number."""
    check_channels(channels)
    plan = make_plan(recipe)
    nanoseconds = sum(planned.step.ns_per_pixel for planned in plan.steps)
    for blur_px in plan.margins:
        if blur_px:
            blur_ns = BLUR_NS + BLUR_NS_PER_RADIUS_PX * gaussian_radius_px(blur_px)
            nanoseconds += blur_ns * (DOUBLE_FACTOR if blur_px in plan.doubles else 1)
    return RecipeCost(plan.planes * channels, plan.halo_px, round(channels * nanoseconds * 1e-3, 4))
