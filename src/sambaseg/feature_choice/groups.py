"""What can be left out of a recipe at once: a family, or a scale of all families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sambaseg.errors import ParameterError
from sambaseg.features.family import scale_text
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import PlaneName, plane_names
from sambaseg.features.table import find_family

GroupKind = Literal["family", "scale"]


@dataclass(frozen=True)
class FeatureGroup:
    """A family (its id) or a scale (in px, as listed; "0" is what looks at the image without a blur), and its name."""

    kind: GroupKind
    id: str
    name: str

    def left_out_of(self, recipe: FeatureRecipe) -> FeatureRecipe | None:
        """Return `recipe` without this group; None where it makes no features then, or where there is no such part."""
        try:
            if self.kind == "family":
                return replace(recipe, families=tuple(each for each in recipe.families if each != self.id))
            scales_px = tuple(scale for scale in recipe.scales_px if scale != float(self.id))
            return None if scales_px == recipe.scales_px else replace(recipe, scales_px=scales_px)
        except ParameterError:
            return None


def groups_in(recipe: FeatureRecipe) -> list[FeatureGroup]:
    """Return the families of a recipe and its scales, with that of the image itself where a family looks at it."""
    families = [FeatureGroup("family", family, find_family(family).name) for family in recipe.families]
    unblurred = any(plane.sigma_px == 0 for plane in plane_names(recipe, 1))
    scales_px = (0.0, *recipe.scales_px) if unblurred else recipe.scales_px
    return families + [FeatureGroup("scale", f"{scale:g}", scale_text(scale)) for scale in scales_px]


def planes_of(recipe: FeatureRecipe, channels: int, group: FeatureGroup) -> list[int]:
    """Return the planes of a recipe that a group makes: those that are missing without it.

    A plane of two scales belongs to both.
    """
    names = plane_names(recipe, channels)
    if group.kind == "family":
        return [at for at, plane in enumerate(names) if plane.family == group.id]
    smaller = group.left_out_of(recipe)
    if smaller is None:
        return [at for at, plane in enumerate(names) if plane.sigma_px == float(group.id)]
    left = set(_names_of(smaller, channels))
    return [at for at, plane in enumerate(names) if plane not in left]


def find_planes(recipe: FeatureRecipe, of: Sequence[PlaneName], channels: int) -> list[int] | None:
    """Return where the planes of `recipe` stand among planes `of` a larger recipe; None where one is not among them."""
    places = {plane: at for at, plane in enumerate(of)}
    found = [places.get(plane) for plane in _names_of(recipe, channels)]
    return None if None in found else [at for at in found if at is not None]


def _names_of(recipe: FeatureRecipe, channels: int) -> list[PlaneName]:
    """Return what the planes are; none where an image of so many channels has none of them."""
    try:
        return plane_names(recipe, channels)
    except ParameterError:
        return []
