"""Checks by points as JSON. What is segmented at the points stays here: whoever answers must not know it."""

from __future__ import annotations

from sambaseg.project.point_checks import DrawnCheck
from sambaseg.project.store import ProjectStore
from sambaseg.server.point_check_schemas import (
    Answer,
    CheckPointInfo,
    IntervalInfo,
    PointCheckInfo,
    PointClassInfo,
    PointEstimateInfo,
)
from sambaseg.trust.point_check import UNSURE
from sambaseg.trust.point_estimate import Interval, PointEstimate


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
        estimate=None if estimate is None else _present_estimate(estimate),
    )


def answer_of(answer: Answer) -> int | None:
    """Return an answer as it is stored."""
    return UNSURE if answer == "unsure" else answer


def _present_estimate(estimate: PointEstimate) -> PointEstimateInfo:
    return PointEstimateInfo(
        answered=estimate.answered,
        unsure=estimate.unsure,
        agreement=_present_interval(estimate.agreement),
        overlap=_present_interval(estimate.overlap),
        classes=[
            PointClassInfo(
                class_id=entry.class_id,
                answered=entry.answered,
                segmented=_share(entry.segmented),
                share=_present_interval(entry.share),
                overlap=_present_interval(entry.overlap),
            )
            for entry in estimate.classes
        ],
    )


def _present_interval(interval: Interval) -> IntervalInfo:
    return IntervalInfo(value=_share(interval.value), low=_share(interval.low), high=_share(interval.high))


def _share(value: float) -> float:
    """Return a sum of shares, which rounding may have brought beyond 1, as the description of the routes has it."""
    return min(max(value, 0.0), 1.0)
