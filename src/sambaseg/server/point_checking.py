"""Checks by points as JSON. What is segmented at the points stays here: whoever answers must not know it."""

from __future__ import annotations

from sambaseg.project.point_checks import DrawnCheck
from sambaseg.project.store import ProjectStore
from sambaseg.server.point_check_schemas import (
    Answer,
    CheckPointInfo,
    PointCheckInfo,
    PointEstimateInfo,
)
from sambaseg.trust.point_check import UNSURE


def present_point_check(store: ProjectStore, image: int, drawn: DrawnCheck | None) -> PointCheckInfo:
    """Return the check of an image, and what it says of the segmentation as it is now."""
    if drawn is None:
        return PointCheckInfo(id=None, drawn=None, points=[], estimate=None)
    estimate = store.point_checks.estimate(image, drawn)
    return PointCheckInfo(
        id=drawn.id,
        drawn=drawn.drawn,
        points=[
            CheckPointInfo(y=point.y, x=point.x, answer="unsure" if point.answer == UNSURE else point.answer)
            for point in drawn.check.points
        ],
        estimate=None if estimate is None else PointEstimateInfo.model_validate(estimate, from_attributes=True),
    )


def answer_of(answer: Answer) -> int | None:
    """Return an answer as it is stored."""
    return UNSURE if answer == "unsure" else answer
