"""What happens in a project, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterable

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse

from sambaseg.server.declare import ProjectId
from sambaseg.server.schemas import EventBody

router = APIRouter(tags=["events"])


@router.get("/api/projects/{pid}/events", response_class=EventSourceResponse)
async def follow_project(pid: ProjectId) -> AsyncIterable[EventBody]:
    """Send events named `job`, `result`, `tiles` and `revision`, each with the field of that name."""
    raise NotImplementedError
    yield
