"""How far a segmentation can be trusted."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import ImageChoice
from sambaseg.server.services import OpenProject
from sambaseg.server.trust_schemas import TrustInfo
from sambaseg.server.trusting import present_trust

router = APIRouter(tags=["trust"])


@router.get("/api/projects/{pid}/trust")
def get_trust(store: OpenProject, image: ImageChoice = None) -> TrustInfo:
    """Tell how far the newest segmentation of an image can be trusted, by strokes held out after the training."""
    return present_trust(store, store.description().image.id if image is None else image)
