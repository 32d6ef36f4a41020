"""What is said of measurements, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ClassId, ImageNumber, Schema

TableName = Literal["classes", "regions", "chords", "correlation"]


class MeasureSettingsBody(Schema):
    """How to measure; `longest_px` is the longest distance of the two-point correlation."""

    connectivity: Literal[4, 8] = 8
    border_regions: Literal["leave_out", "keep"] = "leave_out"
    longest_px: Annotated[int, Field(ge=1, le=1024)] = 256


class MeasureBody(MeasureSettingsBody):
    """A request to measure the segmentation of an image."""

    image: ImageNumber = 0


class HistogramBody(Schema):
    """Shares between edges, which are one more: by number, and for regions by area. All empty where there is none."""

    edges: list[float]
    shares: list[float]
    by_area: list[float]


class SizesBody(Schema):
    """Equivalent diameters of regions; null where there is none."""

    count: int
    mean: float | None
    deviation: float | None
    d10: float | None
    median: float | None
    d90: float | None
    largest: float | None
    area_mean: float | None


class CorrelationBody(Schema):
    """S2 by distance: in all directions, along rows and along columns; null where no pair is that far apart."""

    all: list[float | None]
    x: list[float | None]
    y: list[float | None]


class ClassMeasuresBody(Schema):
    id: ClassId
    name: str
    colour: str
    fraction: float
    area: float
    regions: int
    regions_at_border: int
    sizes: SizesBody
    perimeter: float
    perimeter_per_area: float | None
    mean_chord_x: float | None
    mean_chord_y: float | None
    diameters: HistogramBody
    chords_x: HistogramBody
    chords_y: HistogramBody
    correlation: CorrelationBody


class MeasurementsBody(Schema):
    """Measurements of an image, in `unit`; `step`, `step_x` and `step_y` lie between values of the correlations."""

    image: ImageNumber
    width: int
    height: int
    unit: Literal["µm", "px"]
    settings: MeasureSettingsBody
    step: float
    step_x: float
    step_y: float
    classes: list[ClassMeasuresBody]
