"""What a small trained network sees, 16 planes: texture and shape around a pixel, so that few labels are enough.

The local contrast of a channel (`local_contrast`) goes through a network of 3 by 3 convolutions that look ever further
(`network`); each plane lies within ±1. The network was trained once, so that classes can be told apart by few labelled
pixels, and is fixed since: it learns nothing from the images that it sees here. Its weights are part of this definition
for ever; a better network would be a family with an id of its own. Source: own encoder, trained by
`training/train_encoder.py`; decision 068. Support: 48 px of the local contrast, 1 of the stem, and all dilations.
"""

from __future__ import annotations

import functools
import math

from sambaseg.features.family import Family, Plane, Scales, Source, Step, Target
from sambaseg.features.learned.encoder import Encoder, shipped_encoder
from sambaseg.features.learned.local_contrast import RADIUS_PX, local_contrast_into
from sambaseg.features.learned.network import encode_into, ring_rows
from sambaseg.features.scratch import Scratch

NS_PER_PIXEL = 1200.0
TILE_PX = 128
"""Smaller tiles than this need a larger share of scratch arrays than is stated; nothing computes so small ones."""


def learned_step(encoder: Encoder) -> Step:
    """Return the step that computes the planes of `encoder`."""
    return Step(
        names=tuple(f"Learned {index + 1}" for index in range(encoder.planes)),
        scale_px=None,
        scale_text="",
        sources=(Source(0.0, encoder.support_px),),
        compute=functools.partial(_compute, encoder),
        ns_per_pixel=NS_PER_PIXEL,
        scratch_planes=_scratch_planes(encoder),
    )


def _compute(encoder: Encoder, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    around_px = encoder.support_px - RADIUS_PX
    shape = target.height + 2 * around_px, target.width + 2 * around_px
    contrast_yx = scratch.array("contrast", shape)
    local_contrast_into(contrast_yx, plane.array_yx, plane.y - around_px, plane.x - around_px, scratch)
    encode_into(target, contrast_yx, encoder, scratch)


def _scratch_planes(encoder: Encoder) -> int:
    """Return what a tile takes: the pixels in double precision, means likewise, contrast, and rows of all channels."""
    whole = (TILE_PX + 2 * encoder.support_px) ** 2
    contrast_side = TILE_PX + 2 * (encoder.support_px - RADIUS_PX)
    rows = ring_rows(encoder) * encoder.channels * contrast_side
    return math.ceil((2 * whole + (2 + 2 + 1) * contrast_side**2 + rows) / whole)


@functools.cache
def _steps(scales: Scales) -> tuple[Step, ...]:  # noqa: ARG001 (the same at any scales)
    return (learned_step(shipped_encoder()),)


LEARNED = Family(
    id="learned",
    name="Learned",
    group="texture",
    summary="What a small trained network sees: textures and shapes, told apart by few labels.",
    planes="16",
    default_weka=False,
    default_samba=False,
    uses_scales=False,
    steps=_steps,
)
