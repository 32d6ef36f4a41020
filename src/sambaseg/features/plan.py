"""What a recipe amounts to for one channel: the steps in the order of computing, and where each plane stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sambaseg.features.family import Step
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.table import find_family


@dataclass(frozen=True)
class PlannedStep:
    """A step, the family it belongs to, the index of its first plane, and the blurs of its sources."""

    family: str
    step: Step
    first: int
    blurs_px: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """Steps of one channel.

    ``steps`` are ordered by blur, so that all families read a blurred tile while it is in the cache; ``planes`` counts
    the planes of one channel; ``margins`` gives the margin with which each blur (0: none) is needed, ``doubles`` are
    the blurs held in double precision, ``slots`` gives the buffer that each blur uses: one buffer serves several blurs
    in turn where their uses do not overlap.
    """

    steps: tuple[PlannedStep, ...]
    planes: int
    margins: dict[float, int]
    doubles: frozenset[float]
    slots: dict[float, int]
    halo_px: int


@lru_cache(maxsize=64)
def make_plan(recipe: FeatureRecipe) -> Plan:
    """Return the plan of `recipe`."""
    listed: list[PlannedStep] = []
    planes = 0
    for family_id in recipe.families:
        for step in find_family(family_id).steps(recipe.scales):
            blurs_px = tuple(source.blur_px for source in step.sources)
            listed.append(PlannedStep(family_id, step, planes, blurs_px))
            planes += len(step.names)
    listed.sort(key=lambda planned: max(planned.blurs_px))
    steps = [planned.step for planned in listed]
    margins: dict[float, int] = {}
    for step in steps:
        for source in step.sources:
            margins[source.blur_px] = max(margins.get(source.blur_px, 0), source.margin_px)
    doubles = frozenset(source.blur_px for step in steps for source in step.sources if source.needs_double)
    halo_px = max(step.support_px for step in steps)
    return Plan(tuple(listed), planes, margins, doubles, _assign_slots(steps), halo_px)


def _assign_slots(steps: Sequence[Step]) -> dict[float, int]:
    """Return a buffer number for each blur, reusing a buffer after the last step that reads it."""
    last_use = {source.blur_px: index for index, step in enumerate(steps) for source in step.sources}
    slots: dict[float, int] = {}
    busy_until: list[int] = []
    for index, step in enumerate(steps):
        for source in step.sources:
            blur_px = source.blur_px
            if blur_px == 0 or blur_px in slots:
                continue
            free = next((slot for slot, until in enumerate(busy_until) if until < index), len(busy_until))
            slots[blur_px] = free
            busy_until[free : free + 1] = [last_use[blur_px]]
    return slots
