"""The image itself, one plane a channel, scaled to 0..1 and otherwise untouched. Support: 0 px."""

from __future__ import annotations

from sambaseg.features.copy import copy_plane
from sambaseg.features.family import Family, single_step

IDENTITY = Family(
    id="identity",
    name="Image",
    group="brightness",
    summary="The grey value of the pixel itself.",
    planes="1",
    default_weka=True,
    default_samba=True,
    uses_scales=False,
    steps=single_step(("Image",), copy_plane, reach_px=0, ns_per_pixel=0.5),
)
