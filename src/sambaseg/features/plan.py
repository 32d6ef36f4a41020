"""What a recipe amounts to for an image: the steps in the order of computing, and where each plane stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sambaseg.features.family import ImageStep, Step
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
class PlannedImageStep:
    """An image step, the family it belongs to, and the index of its first plane."""

    family: str
    step: ImageStep
    first: int


@dataclass(frozen=True)
class Plan:
    """Steps of each channel, and steps of the image as a whole, whose planes stand behind those of all channels.

    ``steps`` are ordered by blur, so that all families read a blurred tile while it is in the cache; ``channel_planes``
    counts the planes of one channel, ``planes`` all; ``window`` is where blurs are cut off; ``margins`` gives the
    margin with which each blur (0: none) is needed, ``doubles`` are the blurs held in double precision, ``slots``
    gives the buffer that each blur uses: one buffer serves several blurs in turn where their uses do not overlap.
    """

    steps: tuple[PlannedStep, ...]
    image_steps: tuple[PlannedImageStep, ...]
    channel_planes: int
    planes: int
    window: float
    margins: dict[float, int]
    doubles: frozenset[float]
    slots: dict[float, int]
    halo_px: int

    @property
    def most_at_once(self) -> int:
        """The most planes that any step writes."""
        counts = [len(planned.step.names) for planned in self.steps]
        return max(counts + [len(planned.step.names) for planned in self.image_steps])

    def scratch_bytes(self, tile_px: int) -> int:
        """Return what the arrays take that the steps need besides, for tiles of so many pixels a side.

        Each family has arrays of its own, as large as its largest step needs them.
        """
        by_family: dict[str, int] = {}
        for planned in self.steps:
            margin_px = max(source.margin_px for source in planned.step.sources)
            needed = 4 * planned.step.scratch_planes * (tile_px + 2 * margin_px) ** 2
            by_family[planned.family] = max(by_family.get(planned.family, 0), needed)
        return sum(by_family.values())


@lru_cache(maxsize=64)
def make_plan(recipe: FeatureRecipe, channels: int = 1) -> Plan:
    """Return the plan of `recipe` for an image of so many channels."""
    listed: list[PlannedStep] = []
    channel_planes = 0
    for family_id in recipe.families:
        for step in find_family(family_id).steps(recipe.scales):
            blurs_px = tuple(source.blur_px for source in step.sources)
            listed.append(PlannedStep(family_id, step, channel_planes, blurs_px))
            channel_planes += len(step.names)
    image_steps: list[PlannedImageStep] = []
    planes = channels * channel_planes
    for family_id in recipe.families:
        for image_step in find_family(family_id).image_steps(channels):
            image_steps.append(PlannedImageStep(family_id, image_step, planes))
            planes += len(image_step.names)
    listed.sort(key=lambda planned: max(planned.blurs_px))
    steps = [planned.step for planned in listed]
    margins: dict[float, int] = {}
    for step in steps:
        for source in step.sources:
            margins[source.blur_px] = max(margins.get(source.blur_px, 0), source.margin_px)
    return Plan(
        steps=tuple(listed),
        image_steps=tuple(image_steps),
        channel_planes=channel_planes,
        planes=planes,
        window=recipe.window,
        margins=margins,
        doubles=frozenset(source.blur_px for step in steps for source in step.sources if source.needs_double),
        slots=_assign_slots(steps),
        halo_px=max((step.support_px for step in steps), default=0),
    )


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
