"""What is said of features, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from sambaseg.server.schemas import RecipeBody, Schema, TrainingBody


class FamilyInfo(Schema):
    id: str
    name: str
    group: str
    summary: str
    planes: str
    default_weka: bool
    default_samba: bool
    uses_scales: bool


class GroupInfo(Schema):
    """What some families have in common."""

    id: str
    name: str


class PresetInfo(Schema):
    id: str
    name: str
    recipe: RecipeBody


class FeatureTable(Schema):
    groups: list[GroupInfo]
    families: list[FamilyInfo]
    presets: list[PresetInfo]
    default: RecipeBody
    default_training: TrainingBody


class RecipeCost(Schema):
    features: int
    halo_px: int
    seconds_per_megapixel: float
