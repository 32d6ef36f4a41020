"""Checking a segmentation by points: random pixels, and what a person says lies there."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Path

from sambaseg.server.declare import ImageChoice
from sambaseg.server.point_check_schemas import MOST_POINTS, PointAnswerBody, PointCheckBody, PointCheckInfo
from sambaseg.server.point_checking import answer_of, present_point_check
from sambaseg.server.services import EditableProject, OpenProject, asked_image

router = APIRouter(tags=["trust"])

CheckId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="A check, as drawn.")]
PointNumber = Annotated[int, Path(ge=0, lt=MOST_POINTS, description="A point, counted from 0 in the order told.")]


@router.get("/api/projects/{pid}/point-check")
def get_point_check(store: OpenProject, image: ImageChoice = None) -> PointCheckInfo:
    """Tell the points of an image, what was answered, and what follows for its newest segmentation."""
    asked = asked_image(store, image)
    return present_point_check(store, asked, store.point_checks.of(asked))


@router.post("/api/projects/{pid}/point-check")
def draw_point_check(store: EditableProject, body: PointCheckBody, image: ImageChoice = None) -> PointCheckInfo:
    """Draw points at random within the classes of the newest segmentation; those there were go with their answers.

    Where nothing is segmented yet, the answer is 404 and says what to do.
    """
    asked = asked_image(store, image)
    drawn = store.point_checks.draw(asked, body.points, seed=secrets.randbits(64))
    return present_point_check(store, asked, drawn)


@router.put("/api/projects/{pid}/point-check/{check_id}/points/{number}")
def answer_point(
    store: EditableProject, check_id: CheckId, number: PointNumber, body: PointAnswerBody, image: ImageChoice = None
) -> PointCheckInfo:
    """Say what lies at a point. Where other points were drawn meanwhile, the answer is 404."""
    asked = asked_image(store, image)
    return present_point_check(store, asked, store.point_checks.answer(asked, check_id, number, answer_of(body.answer)))


@router.delete("/api/projects/{pid}/point-check", status_code=204)
def remove_point_check(store: EditableProject, image: ImageChoice = None) -> None:
    """Remove the points of an image with their answers; nothing where there are none."""
    store.point_checks.forget(asked_image(store, image))
