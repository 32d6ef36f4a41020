"""Training with every change of the labels, and segmenting what the person looks at first."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.intake_schemas import LiveBody, LiveState
from sambaseg.server.services import EditableProject, ServicesHere

router = APIRouter(tags=["jobs"])


@router.put("/api/projects/{pid}/live")
def set_live(store: EditableProject, body: LiveBody, services: ServicesHere) -> LiveState:
    """Switch live segmentation on or off, or say what the person looks at now; may be sent often."""
    store.image(body.image)
    services.live.set(store, body.on, body.image, body.viewport)
    return LiveState(on=services.live.is_on(store.id))
