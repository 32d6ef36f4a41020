"""Where a pixel stands in the image, two planes in all: its column x and its row y, in pixels from the top left.

For images in which place says something, such as a cross section with layers; in all others it misleads, so that no
preset holds it. Support: 0 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.family import Family, ImageStep, Place, Plane, Target

NAMES = ("Position x", "Position y")


def _compute(planes: tuple[Plane, ...], target: Target, place: Place) -> None:  # noqa: ARG001 (no pixel matters)
    target.plane(0)[...] = np.arange(place.x, place.x + target.width, dtype=np.float32)
    target.plane(1)[...] = np.arange(place.y, place.y + target.height, dtype=np.float32)[:, np.newaxis]


def _image_steps(channels: int) -> tuple[ImageStep, ...]:  # noqa: ARG001 (of any number)
    return (ImageStep(names=NAMES, compute=_compute, ns_per_pixel=0.5),)


POSITION = Family(
    id="position",
    name="Position",
    group="whole",
    summary="The pixel's column and row: only where the place in the image says what a pixel is.",
    planes="2",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    image_steps=_image_steps,
)
