"""How large the body of a request may be: JSON a stated size and number of values, uploads what their route says.

Reading JSON keeps everybody else waiting: Python reads it in one go. Long text is read quickly, but each value takes
time however small it is, so that values are counted too, by their commas. Visitors may send less than people.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sambaseg.server.who import actor_in

_KEY = "sambaseg.body_limit"


@dataclass(frozen=True)
class JsonLimit:
    """The most bytes, and the most commas, of a body of JSON."""

    max_bytes: int
    max_commas: int


FOR_PEOPLE = JsonLimit(100_000_000, 300_000)
"""An operation over every pixel of a 4096 px image in the worst pattern of runs has 45 MB; a tile of it has two commas,
and an operation 65,536 tiles at most."""
FOR_VISITORS = JsonLimit(8_000_000, 20_000)
"""An operation over every pixel of a 16,384 px image, or 45 tiles in the worst pattern of runs."""


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

    def __init__(
        self, app: ASGIApp, for_people: JsonLimit = FOR_PEOPLE, for_visitors: JsonLimit = FOR_VISITORS
    ) -> None:
        self.app = app
        self.for_people, self.for_visitors = for_people, for_visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        actor = actor_in(scope)
        json = self.for_people if actor is not None and actor.kind != "visitor" else self.for_visitors
        limit = scope[_KEY] = BodyLimit(json.max_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        received, commas = int(announced) if announced.isdecimal() else 0, 0

        async def receive_within_limit() -> Message:
            nonlocal received, commas
            message = await receive()
            if message["type"] == "http.request" and limit.max_bytes is not None:
                body = message.get("body", b"")
                received += 0 if announced else len(body)
                commas += body.count(b",")
                if received > limit.max_bytes or commas > json.max_commas:
                    raise HTTPException(413)  # the one kind of error that the framework hands on from reading a body
            return message

        await self.app(scope, receive_within_limit, send)
