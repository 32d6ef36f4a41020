"""Hue, saturation and brightness of a colour image, three planes in all; none of an image that has not three channels.

The channels are taken as red, green and blue, values beyond 0..1 as 0 and 1. Brightness is the largest channel,
saturation the range of the channels by the largest (0 for black), hue 0 to 1 around the circle from red over green and
blue (0 for grey): `skimage.color.rgb2hsv`. Source: A. R. Smith (1978), doi:10.1145/965139.807361. Support: 0 px.
"""

from __future__ import annotations

import numpy as np

from sambaseg.features.family import Family, ImageStep, Place, Plane, Target

CHANNELS = 3
NAMES = ("Hue", "Saturation", "Brightness")


def _compute(planes: tuple[Plane, ...], target: Target, place: Place) -> None:  # noqa: ARG001 (the same everywhere)
    red, green, blue = (np.clip(target.around(plane, 0), np.float32(0), np.float32(1)) for plane in planes)
    brightest = np.maximum(np.maximum(red, green), blue)
    spread = brightest - np.minimum(np.minimum(red, green), blue)
    by = np.where(spread > 0, spread, np.float32(1))
    sector = np.where(
        brightest == red,
        (green - blue) / by,
        np.where(brightest == green, np.float32(2) + (blue - red) / by, np.float32(4) + (red - green) / by),
    )
    target.plane(0)[...] = np.where(sector < 0, sector + np.float32(6), sector) / np.float32(6)
    target.plane(1)[...] = spread / np.where(brightest > 0, brightest, np.float32(1))
    target.plane(2)[...] = brightest


def _image_steps(channels: int) -> tuple[ImageStep, ...]:
    return (ImageStep(names=NAMES, compute=_compute, ns_per_pixel=12.0),) if channels == CHANNELS else ()


COLOUR = Family(
    id="colour",
    name="Hue, saturation, brightness",
    group="whole",
    summary="Colours as people name them; for colour images only.",
    planes="3 of an image of three channels",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    image_steps=_image_steps,
)
