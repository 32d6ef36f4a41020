"""Copying a source into a plane of features."""

from __future__ import annotations

from sambaseg.features.family import Plane, Target
from sambaseg.features.scratch import Scratch


def copy_plane(sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:  # noqa: ARG001
    """Write the one source as it is."""
    target.plane(0)[...] = target.around(sources[0], 0)
