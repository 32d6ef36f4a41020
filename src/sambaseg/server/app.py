"""The web application: all routes under one roof."""

from __future__ import annotations

from fastapi import FastAPI

import sambaseg
from sambaseg.server.declare import REFUSALS, describe
from sambaseg.server.routes import (
    classifier,
    events,
    exports,
    features,
    health,
    jobs,
    labels,
    operations,
    projects,
    samples,
    tiles,
)
from sambaseg.settings import Settings

ROUTERS = (
    health.router,
    features.router,
    samples.router,
    projects.router,
    tiles.router,
    operations.router,
    labels.router,
    jobs.router,
    events.router,
    classifier.router,
    exports.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the application that serves the projects in ``settings.data_dir``."""
    app = FastAPI(
        title="sambaseg",
        version=sambaseg.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: str(route.name),
    )
    for router in ROUTERS:
        app.include_router(router, responses=REFUSALS)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app
