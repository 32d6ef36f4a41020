"""What is said of checking a segmentation by points, as JSON; see `schemas` for the rest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sambaseg.server.schemas import ClassId, Schema
from sambaseg.server.trust_schemas import Share

FEWEST_POINTS, MOST_POINTS = 10, 400

Answer = ClassId | Literal["unsure"] | None


class PointCheckBody(Schema):
    """So many points are to be drawn."""

    points: Annotated[int, Field(ge=FEWEST_POINTS, le=MOST_POINTS)]


class PointAnswerBody(Schema):
    """What lies at a point: a class, "unsure" where that cannot be told, or null to take the answer back."""

    answer: Answer


class CheckPointInfo(Schema):
    """A pixel to look at, row `y` and column `x`, and what a person said; null where nothing was said yet.

    What is segmented there is not told: who answers must not know.
    """

    y: Annotated[int, Field(ge=0)]
    x: Annotated[int, Field(ge=0)]
    answer: Answer


class IntervalInfo(Schema):
    """A number and its 95 % interval."""

    value: Share
    low: Share
    high: Share


class PointClassInfo(Schema):
    """A class by points: how many were said to be it, its segmented and its true share, and its overlap (IoU)."""

    class_id: ClassId
    answered: int
    segmented: Share
    share: IntervalInfo
    overlap: IntervalInfo


class PointEstimateInfo(Schema):
    """What the answers say of the newest complete segmentation with its edits.

    `accuracy` is the share of pixels that are right, `overlap` the mean of those of the classes. `answered` points
    were told a class; those that are `unsure` count for nothing.
    """

    answered: int
    unsure: int
    accuracy: IntervalInfo
    overlap: IntervalInfo
    classes: list[PointClassInfo]


class PointCheckInfo(Schema):
    """The check of an image: its points in the order to answer them. Without one `id` and `drawn` are null.

    `drawn` is a time, ISO 8601. `estimate` is null while too few points are answered.
    """

    id: str | None
    drawn: str | None
    points: list[CheckPointInfo]
    estimate: PointEstimateInfo | None
