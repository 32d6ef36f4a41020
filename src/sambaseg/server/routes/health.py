"""Whether the server is well."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sambaseg.server.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/api/health")
def get_health(request: Request) -> Health:
    """Tell the version and whether the kernels are compiled."""
    raise NotImplementedError
