"""The image shifted by the scale in the eight directions, eight planes a scale: what stands where around a pixel.

The scale is the shift along y, along x, or both, in both conventions; shifts by parts of a pixel are interpolated
linearly, as by `scipy.ndimage.shift` of order 1. Source: Trainable Weka Segmentation's neighbours, reflected at the
edges. Support: the scale, rounded up.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from sambaseg.features.family import Family, Plane, Scales, Source, Step, Target, scale_text
from sambaseg.features.scratch import Scratch

DIRECTIONS = {
    "above left": (-1, -1),
    "above": (-1, 0),
    "above right": (-1, 1),
    "left": (0, -1),
    "right": (0, 1),
    "below left": (1, -1),
    "below": (1, 0),
    "below right": (1, 1),
}
NAMES = tuple(f"Neighbour {name}" for name in DIRECTIONS)


def _compute(scale_px: float, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    for index, (along_y, along_x) in enumerate(DIRECTIONS.values()):
        dy, share_y = _whole_and_part(along_y * scale_px)
        dx, share_x = _whole_and_part(along_x * scale_px)
        out_yx = target.plane(index)
        np.multiply(_shifted(plane, target, dy, dx), (1 - share_y) * (1 - share_x), out=out_yx)
        weighted_yx = scratch.array("neighbour", out_yx.shape)
        for below, right in ((1, 0), (0, 1), (1, 1)):
            weight = (share_y if below else 1 - share_y) * (share_x if right else 1 - share_x)
            if weight:
                out_yx += np.multiply(_shifted(plane, target, dy + below, dx + right), weight, out=weighted_yx)


def _whole_and_part(shift_px: float) -> tuple[int, np.float32]:
    whole = math.floor(shift_px)
    return whole, np.float32(shift_px - whole)


def _shifted(plane: Plane, target: Target, dy: int, dx: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return target.around(plane._replace(y=plane.y + dy, x=plane.x + dx), 0)


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(
        Step(
            names=NAMES,
            scale_px=scale_px,
            scale_text=scale_text(scale_px),
            sources=(Source(0.0, math.ceil(scale_px)),),
            compute=functools.partial(_compute, scale_px),
            ns_per_pixel=3.0 if scale_px.is_integer() else 10.0,
            scratch_planes=1,
        )
        for scale_px in scales.listed_px
    )


NEIGHBOURS = Family(
    id="neighbours",
    name="Neighbours",
    group="texture",
    summary="The grey values around a pixel, in eight directions: patterns that repeat.",
    planes="8 for each scale",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
