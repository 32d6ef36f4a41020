"""The web application: all routes under one roof, the guard at the door, errors in one shape."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from anyio import to_thread
from fastapi import FastAPI

import sambaseg
from sambaseg.server.access import AccessGuard
from sambaseg.server.body_limit import LimitBody
from sambaseg.server.declare import REFUSALS, describe
from sambaseg.server.fair_share import FairShare
from sambaseg.server.page import page_router
from sambaseg.server.refusals import LastResort, install_refusals
from sambaseg.server.routes import (
    accounts,
    admin,
    citation,
    classifier,
    cleaning,
    dataset,
    drafts,
    events,
    exports,
    feature_choice,
    features,
    files,
    gallery,
    guidance,
    health,
    images,
    jobs,
    labels,
    live,
    measurements,
    moderation,
    operations,
    point_check,
    projects,
    samples,
    share,
    sharing,
    smart_models,
    suggestions,
    tiles,
    trust,
    uploads,
)
from sambaseg.server.routes.gallery_page import gallery_page_router
from sambaseg.server.services import Services
from sambaseg.server.watch import Numbers, Watch, metrics_router
from sambaseg.settings import Settings

ROUTERS = (
    health.router,
    accounts.router,
    sharing.router,
    admin.router,
    features.router,
    feature_choice.router,
    samples.router,
    projects.router,
    images.router,
    files.router,
    uploads.router,
    tiles.router,
    operations.router,
    labels.router,
    jobs.router,
    live.router,
    guidance.router,
    measurements.router,
    cleaning.router,
    trust.router,
    point_check.router,
    events.router,
    classifier.router,
    exports.router,
    suggestions.router,
    smart_models.router,
    gallery.router,
    citation.router,
    dataset.router,
    share.router,
    drafts.router,
    moderation.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the application that serves the projects in ``settings.data_dir`` at ``settings.host``:``settings.port``.

    ``app.state.services`` is its `Services`. The token is read or made when the application first needs it.
    """
    services = Services(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        services.start()
        yield
        await to_thread.run_sync(services.close)

    app = FastAPI(
        title="sambaseg",
        version=sambaseg.__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: str(route.name),
    )
    app.state.services = services
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    install_refusals(app)
    for router in ROUTERS:
        app.include_router(router, responses=REFUSALS)
    numbers = Numbers(services)
    app.include_router(metrics_router(numbers))
    app.include_router(gallery_page_router())
    app.include_router(page_router())
    app.add_middleware(LimitBody)
    app.add_middleware(LastResort)
    if settings.has_accounts:
        app.add_middleware(FairShare)
    app.add_middleware(AccessGuard, policy=lambda: services.policy)
    app.add_middleware(Watch, numbers=numbers)
    return app
