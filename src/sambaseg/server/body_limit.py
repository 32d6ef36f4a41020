"""How large the body of a request may be: JSON a stated size, uploads what their route says."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "sambaseg.body_limit"


@dataclass
class BodyLimit:
    """The most bytes that are taken; None where the route counts itself."""

    max_bytes: int | None


def lift_body_limit(scope: Scope) -> None:
    """Let the route that answers count for itself."""
    scope[_KEY].max_bytes = None


class LimitBody:
    """ASGI middleware: ends reading a body, and refuses it, once it is larger than the limit.

    Framework code reads JSON whole before a route is asked, so that the limit must stand here.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = scope[_KEY] = BodyLimit(self.max_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        received = int(announced) if announced.isdecimal() else 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request" and not announced:
                received += len(message.get("body", b""))
            if limit.max_bytes is not None and received > limit.max_bytes:
                raise HTTPException(413)  # the one kind of error that the framework hands on from reading a body
            return message

        await self.app(scope, receive_within_limit, send)
