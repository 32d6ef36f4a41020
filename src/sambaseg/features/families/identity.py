"""The image itself, one plane a channel, scaled to 0..1 and otherwise untouched. Support: 0 px."""

from __future__ import annotations

from sambaseg.features.copy import copy_plane
from sambaseg.features.family import Family, Scales, Source, Step


def _steps(scales: Scales) -> tuple[Step, ...]:  # noqa: ARG001 (a family without scales)
    return (
        Step(
            names=("Image",),
            scale_px=None,
            scale_text="",
            sources=(Source(0.0, 0),),
            compute=copy_plane,
            ns_per_pixel=0.5,
        ),
    )


IDENTITY = Family(
    id="identity",
    name="Image",
    group="brightness",
    summary="The grey value of the pixel itself.",
    planes="1",
    default_weka=True,
    default_samba=True,
    uses_scales=False,
    steps=_steps,
)
