"""Whether the server is well."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

import sambaseg
from sambaseg.server.folders import is_local
from sambaseg.server.schemas import Health
from sambaseg.server.services import ServicesHere

router = APIRouter(tags=["health"])


@router.get("/api/health")
def get_health(services: ServicesHere) -> Health:
    """Tell the version, who is served, and whether the kernels are compiled."""
    settings = services.settings
    mode: Literal["local", "network", "lab", "public"] = settings.mode
    if mode == "local" and not is_local(settings):
        mode = "network"
    return Health(version=sambaseg.__version__, mode=mode, kernels_ready=services.kernels.ready)
