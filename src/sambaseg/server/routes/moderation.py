"""Moderation: what waits, what to do with it, and what was done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sambaseg.server.gallery_declare import EntryId
from sambaseg.server.gallery_desk import GalleryHere, owner_of
from sambaseg.server.gallery_schemas import ModerationBody, ModerationLog, QueueItem
from sambaseg.server.present_gallery import present_step, present_waiting
from sambaseg.server.who import Moderator

router = APIRouter(tags=["moderation"])
Before = Annotated[
    int | None, Query(ge=1, le=2**53 - 1, description="Steps older than this one; the newest if left out.")
]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/api/moderation/queue")
def list_waiting_entries(desk: GalleryHere, _: Moderator, limit: Limit = 100) -> list[QueueItem]:
    """List what waits for a moderator, the oldest first."""
    return [present_waiting(waiting) for waiting in desk.moderation.queue(limit)]


@router.get("/api/moderation/log")
def list_moderation_steps(desk: GalleryHere, _: Moderator, before: Before = None, limit: Limit = 100) -> ModerationLog:
    """List what was done to entries: who, when, what, why; the newest first."""
    steps = desk.moderation.log(before=before, limit=limit)
    return ModerationLog(
        steps=[present_step(step) for step in steps], before=steps[-1].id if len(steps) == limit else None
    )


@router.post("/api/moderation/{eid:entry_id}")
def moderate_entry(eid: EntryId, body: ModerationBody, desk: GalleryHere, actor: Moderator) -> list[QueueItem]:
    """Decide on a version that waits, or take a public entry out of the gallery; answers what still waits.

    All but accepting needs a reason, which the submitter reads.
    """
    moderator = owner_of(actor)
    if body.action == "take_out":
        desk.moderation.take_out(eid, moderator, body.reason)
    else:
        desk.moderation.decide(eid, body.version, body.action, moderator, body.reason)
    return [present_waiting(waiting) for waiting in desk.moderation.queue()]
