"""What goes on, in numbers: each request is counted, timed and, in JSON logs, written down.

Addresses are told as their route (`/api/projects/{pid}`), so that neither ids nor secrets get into numbers or logs.
"""

from __future__ import annotations

import ipaddress
import shutil
import time
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sambaseg.server.access import LOOPBACK_NAMES
from sambaseg.server.logs import REQUESTS
from sambaseg.server.who import actor_in, require_admin

if TYPE_CHECKING:
    from sambaseg.server.services import Services

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class Numbers:
    """All that is counted of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.registry = CollectorRegistry()
        names = ("method", "route", "status")
        self.requests = Counter("sambaseg_requests", "Requests answered.", names, registry=self.registry)
        self.seconds = Histogram(
            "sambaseg_request_seconds",
            "Time to the end of the answer, streams of events left out.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._jobs = self._gauge("jobs", "Jobs that run or wait.", ("state",))
        self._followers = self._gauge("followers", "Open streams of events.")
        self._free = self._gauge("disk_free_bytes", "Room on the disk of the data folder.")
        self._people = self._gauge("people", "Accounts that are not disabled.")
        self._visitors = self._gauge("visitors", "Visitors whose time is not over.")
        self._waiting = self._gauge("waiting_entries", "Entries of the gallery that wait for a moderator.")

    def text(self) -> bytes:
        """Return the numbers as Prometheus reads them."""
        services = self._services
        active = services.jobs.active()
        for state in ("running", "queued"):
            self._jobs.labels(state).set(sum(job.state == state for job in active))
        self._followers.set(services.events.followers())
        self._free.set(shutil.disk_usage(services.settings.data_dir).free)
        if services.settings.has_accounts:
            people, visitors, waiting = services.accounts.counts()
            self._people.set(people)
            self._visitors.set(visitors)
            self._waiting.set(waiting)
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"sambaseg_{name}", text, labels, registry=self.registry)


class Watch:
    """ASGI middleware: counts and times each request, and writes it down."""

    def __init__(self, app: ASGIApp, numbers: Numbers) -> None:
        self.app = app
        self.numbers = numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, is_stream, began = 0, False, time.perf_counter()

        async def note_start(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        finally:
            self._note(scope, status, time.perf_counter() - began, is_stream=is_stream)

    def _note(self, scope: Scope, status: int, seconds: float, *, is_stream: bool) -> None:
        route = getattr(scope.get("route"), "path", "") or "none"
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
        self.numbers.requests.labels(method, route, str(status)).inc()
        if not is_stream:
            self.numbers.seconds.labels(method, route).observe(seconds)
        if REQUESTS.isEnabledFor(20):
            actor = actor_in(scope)
            fields = {
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "who": "nobody" if actor is None else actor.key,
            }
            REQUESTS.info("%s %s %s", method, route, status, extra={"fields": fields})


def metrics_router(numbers: Numbers) -> APIRouter:
    """Return the route of the numbers: for administrators, and for programs of this machine."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def get_metrics(request: Request) -> Response:
        if not _is_from_here(request):
            await require_admin(request)
        text = await to_thread.run_sync(numbers.text)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return router


def _is_from_here(request: Request) -> bool:
    """Return whether a program of this machine asks, and no proxy for somebody else."""
    name = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if name not in LOOPBACK_NAMES or any(header in request.headers for header in FORWARDED):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
