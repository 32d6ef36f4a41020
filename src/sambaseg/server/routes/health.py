"""Whether the server is well."""

from __future__ import annotations

from fastapi import APIRouter

import sambaseg
from sambaseg.server.schemas import Health
from sambaseg.server.services import ServicesHere

router = APIRouter(tags=["health"])


@router.get("/api/health")
def get_health(services: ServicesHere) -> Health:
    """Tell the version and whether the kernels are compiled."""
    return Health(version=sambaseg.__version__, mode="local", kernels_ready=services.kernels.ready)
