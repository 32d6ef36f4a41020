"""What happens in a project, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterable

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from sambaseg.server.declare import EVENT_ANSWER
from sambaseg.server.schemas import EventBody
from sambaseg.server.services import OpenProject, ServicesHere

router = APIRouter(tags=["events"])
RECONNECT_MS = 1000


@router.get("/api/projects/{pid}/events", response_class=EventSourceResponse, responses=EVENT_ANSWER)
async def follow_project(store: OpenProject, services: ServicesHere) -> AsyncIterable[ServerSentEvent]:
    """Send events, each an EventBody: `job`, `result`, `tiles`, `revision`, `image`, `smart`.

    A job that runs already is told first. A comment every 15 s keeps the connection open.
    """
    with services.events.subscribe(store.id) as subscription:
        yield ServerSentEvent(comment="follow", retry=RECONNECT_MS)
        running = services.jobs.running(store.id)
        if running is not None:
            yield ServerSentEvent(event="job", data=EventBody(job=running))
        async for name, body in subscription:
            yield ServerSentEvent(event=name, data=body)
