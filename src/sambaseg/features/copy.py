"""Copying a source into a plane of features."""

from __future__ import annotations

from sambaseg.features.family import Plane, Target
from sambaseg.features.scratch import Scratch


def copy_plane(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    """Write the one source as it is."""
    (plane,) = sources
    inner_yx = plane.array_yx[plane.y : plane.y + target.height, plane.x : plane.x + target.width]
    rows, columns = slice(target.y, target.y + target.height), slice(target.x, target.x + target.width)
    target.array_fyx[target.first, rows, columns] = inner_yx
