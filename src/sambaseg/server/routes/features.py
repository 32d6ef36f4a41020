"""The table of feature families, and what a recipe costs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sambaseg.server.feature_schemas import FamilyInfo, FeatureTable, GroupInfo, PresetInfo, RecipeCost
from sambaseg.server.present import default_settings, recipe_of
from sambaseg.server.schemas import RecipeBody
from sambaseg.server.services import ServicesHere

router = APIRouter(tags=["features"])


@router.get("/api/features")
def get_features(services: ServicesHere) -> FeatureTable:
    """List the families, the presets and the defaults."""
    from sambaseg.features.family import GROUP_NAMES
    from sambaseg.features.recipe import PRESET_NAMES, PRESETS
    from sambaseg.features.table import FAMILIES

    default = default_settings(services)
    return FeatureTable(
        groups=[GroupInfo(id=group, name=name) for group, name in GROUP_NAMES.items()],
        families=[
            FamilyInfo.model_validate({name: getattr(family, name) for name in FamilyInfo.model_fields})
            for family in FAMILIES
        ],
        presets=[
            PresetInfo(id=preset, name=PRESET_NAMES[preset], recipe=RecipeBody(**recipe.to_json()))
            for preset, recipe in PRESETS.items()
        ],
        default=default.recipe,
        default_training=default.training,
    )


@router.post("/api/features/cost")
def cost_of_recipe(recipe: RecipeBody, channels: Annotated[int, Query(ge=1, le=64)] = 1) -> RecipeCost:
    """Estimate what a recipe costs for an image of so many channels."""
    from sambaseg.features.cost import cost

    estimate = cost(recipe_of(recipe), channels)
    return RecipeCost.model_validate(estimate, from_attributes=True)
