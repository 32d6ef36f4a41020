"""Where a new label would help most."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import ImageChoice
from sambaseg.server.guidance_schemas import WhereNext
from sambaseg.server.services import OpenProject, asked_image
from sambaseg.server.where_next import where_next

router = APIRouter(tags=["guidance"])


@router.get("/api/projects/{pid}/where-next")
def get_where_next(store: OpenProject, image: ImageChoice = None) -> WhereNext:
    """List the places of all images where a new label would help most; `image` is looked at most closely.

    Where nothing is segmented yet, the answer is 404 and says what to do.
    """
    return where_next(store, asked_image(store, image))
