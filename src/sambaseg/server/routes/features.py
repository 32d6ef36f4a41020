"""The table of feature families, and what a recipe costs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sambaseg.server.schemas import FeatureTable, RecipeBody, RecipeCost

router = APIRouter(tags=["features"])


@router.get("/api/features")
def get_features() -> FeatureTable:
    """List the families, the presets and the defaults."""
    raise NotImplementedError


@router.post("/api/features/cost")
def cost_of_recipe(recipe: RecipeBody, channels: Annotated[int, Query(ge=1, le=64)] = 1) -> RecipeCost:
    """Estimate what a recipe costs for an image of so many channels."""
    raise NotImplementedError
