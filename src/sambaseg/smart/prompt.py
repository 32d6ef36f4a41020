"""A prompt: where a person pointed at in a view, and the box they drew."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sambaseg.errors import ParameterError

MAX_POINTS = 64


@dataclass(frozen=True)
class PromptPoint:
    """A point at (y, x) in pixels of the view that lies inside the wanted region (positive) or outside of it.

    A pixel covers [i, i + 1): the middle of the first pixel is at 0.5.
    """

    y: float
    x: float
    positive: bool = True


@dataclass(frozen=True)
class Box:
    """A rectangle around the wanted region, in pixels of the view; bottom and right are excluded."""

    top: float
    left: float
    bottom: float
    right: float


@dataclass(frozen=True)
class Prompt:
    """At least one point or a box, at most `MAX_POINTS` points. Raises ParameterError for anything else."""

    points: tuple[PromptPoint, ...] = ()
    box: Box | None = None

    def __post_init__(self) -> None:
        if not self.points and self.box is None:
            raise ParameterError("A prompt needs at least one point or a box.", hint="Point at something in the view.")
        if len(self.points) > MAX_POINTS:
            raise ParameterError(f"A prompt takes at most {MAX_POINTS} points, not {len(self.points)}.")

    def check_inside(self, shape_yx: tuple[int, int]) -> None:
        """Raise ParameterError unless points and box lie within a view of `shape_yx`, and the box has an area."""
        height, width = shape_yx
        for point in self.points:
            if not (_within(point.y, height) and _within(point.x, width)):
                raise ParameterError(
                    f"The point at y {point.y:g}, x {point.x:g} lies outside of the view of {width} by {height} px."
                )
        box = self.box
        if box is None:
            return
        corners_lie_inside = _within(box.top, height) and _within(box.bottom, height)
        corners_lie_inside = corners_lie_inside and _within(box.left, width) and _within(box.right, width)
        if not corners_lie_inside or box.top >= box.bottom or box.left >= box.right:
            raise ParameterError(
                f"The box from y {box.top:g}, x {box.left:g} to y {box.bottom:g}, x {box.right:g} has no area, or does "
                f"not lie within the view of {width} by {height} px."
            )


def _within(value: float, size: int) -> bool:
    return math.isfinite(value) and 0 <= value <= size
