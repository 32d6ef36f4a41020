"""What the server says about where to label next, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sambaseg.server.schemas import ClassId, ImageNumber, Schema


class LabelPlace(Schema):
    """A place worth a label: row `y` and column `x` of `image`, the radius of its neighbourhood, and why.

    `interest` and `uncertainty`, the neighbourhood's mean, go from 0 to 1. `classes` are those that it may hold, the
    likeliest first. `distance_px` is that to the nearest label, null where the image has none.
    """

    image: ImageNumber
    y: Annotated[int, Field(ge=0)]
    x: Annotated[int, Field(ge=0)]
    radius_px: Annotated[int, Field(ge=1)]
    interest: float
    uncertainty: float
    classes: list[ClassId]
    distance_px: float | None
    reason: str


class WhereNext(Schema):
    """The places of all images that are worth a label, the most interesting first. None: the classifier is sure."""

    places: list[LabelPlace]
