"""Steps of labelling."""

from __future__ import annotations

from fastapi import APIRouter

from sambaseg.server.declare import ProjectId
from sambaseg.server.schemas import Operation, OperationAck

router = APIRouter(tags=["operations"])


@router.post("/api/projects/{pid}/operations")
def append_operation(pid: ProjectId, operation: Operation) -> OperationAck:
    """Append one step to the project's log; answered after it is on disk. Sending it again does no harm."""
    raise NotImplementedError
