"""What smart labelling says and hears, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ClassId, ErrorBody, ImageNumber, Layer, Schema

ModelState = Literal["none", "downloading", "verifying", "ready", "failed"]
Pixel = Annotated[int, Field(ge=0, le=2**31 - 1)]
Place = Annotated[float, Field(ge=0, le=2**31 - 1, allow_inf_nan=False)]
ModelChoice = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ResultChoice = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class SmartModelFile(Schema):
    """A file of a model: `part` is what to send it as, `name` what it is usually called, `here` whether it has come."""

    part: str
    name: str
    size_bytes: int | None
    here: bool


class SmartModel(Schema):
    """What gives suggestions: `builtin`, which is always there, or a Segment Anything model of files.

    Sizes are null where they are not known. `progress` goes from 0 to 1 while a download or a check runs;
    `seconds_per_view` and `memory_mb` are estimates.
    """

    name: str
    title: str
    interface: str
    licence: str
    size_bytes: int | None
    files: list[SmartModelFile]
    installed: bool
    state: ModelState
    progress: Annotated[float, Field(ge=0, le=1)] | None
    error: ErrorBody | None
    seconds_per_view: float | None
    memory_mb: int | None
    note: str


class ViewBody(Schema):
    """A rectangle of one level of the image, in pixels of that level; bottom and right are excluded."""

    level: Annotated[int, Field(ge=0, le=31)]
    top: Pixel
    left: Pixel
    bottom: Pixel
    right: Pixel


class PromptPointBody(Schema):
    """A point in pixels of the view, inside the wanted region or (not `positive`) outside of it."""

    y: Place
    x: Place
    positive: bool = True


class BoxBody(Schema):
    """A rectangle around the wanted region, in pixels of the view; bottom and right are excluded."""

    top: Place
    left: Place
    bottom: Place
    right: Place


class DecodeBody(Schema):
    """A prompt for the server to answer, over a view that it has encoded: at least one point or a box."""

    model: ModelChoice
    image: ImageNumber = 0
    view: ViewBody
    points: Annotated[list[PromptPointBody], Field(max_length=64, default_factory=list)]
    box: BoxBody | None = None


class SimilarBody(Schema):
    """Asks for the regions of a view that are like those labelled as `class_id` there, in this layer."""

    class_id: ClassId
    image: ImageNumber = 0
    view: ViewBody
    layer: Layer = "labels"
    result: ResultChoice | None = None
