"""What is said of features, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ClassId, RecipeBody, Schema, TrainingBody


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


class JudgedRecipeBody(Schema):
    """A recipe with its planes, estimated seconds for a megapixel on one core, and how well it tells strokes held out:
    the mean IoU, 0 to 1, and the log loss.
    """

    recipe: RecipeBody
    planes: int
    seconds_per_megapixel: float
    held_out_iou: Annotated[float, Field(ge=0, le=1)]
    held_out_loss: float


class GroupImportanceBody(Schema):
    """A family, or a scale in px as listed ("0": no blur): by how much the held-out log loss rises where it is
    scrambled.
    """

    kind: Literal["family", "scale"]
    id: str
    name: str
    planes: int
    importance: float


class StrokesOfClass(Schema):
    class_id: ClassId
    name: str
    strokes: int


class ToleranceBody(Schema):
    """What a smaller recipe may lose of the held-out mean IoU and gain in log loss, and the mean IoU that its
    segmentation must have with that of the whole recipe.
    """

    iou: float
    loss: float
    agreement: float


class FeatureSuggestionBody(Schema):
    """What matters in the recipe that is used, and a smaller one; the same where nothing can go.

    `changed` is the share of the image that would get another class, about.
    """

    before: JudgedRecipeBody
    after: JudgedRecipeBody
    is_smaller: bool
    changed: Annotated[float, Field(ge=0, le=1)]
    importances: list[GroupImportanceBody]
    strokes: list[StrokesOfClass]
    tolerance: ToleranceBody
