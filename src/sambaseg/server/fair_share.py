"""How many requests of one person, visitor or address are answered at once: more wait, so that nobody has it all.

What takes long is counted by itself as well: large bodies, downloads of much, and work. Few of each kind are answered
at once, so that whoever asks for many has no more of the processor, and still gets tiles meanwhile.

Who has no account may also ask for so many a second only, for long (`pace.py`): more waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sambaseg.errors import TooManyRequestsError
from sambaseg.server.pace import Pace
from sambaseg.server.refusals import refuse
from sambaseg.server.who import actor_in

AT_ONCE = 8
"""A browser has six connections to a server, or, by a proxy, a hundred requests at once on one."""
AT_ONCE_FOR_VISITORS = 4
"""Who has no account, or is not known; the page asks for four tiles at a time."""
OF_A_KIND, OF_A_KIND_FOR_VISITORS = 2, 1
LARGE_BODY_BYTES = 500_000
LONG = {
    "download": re.compile(r"/api/(.*/export/.*|me/everything|gallery/dataset|gallery/entries/[^/]+/zip)"),
    "work": re.compile(
        r"/api/projects/[^/]+/(train|apply|apply-all|suggestions.*|feature-suggestions|share|crop|labels|point-check)"
    ),
    "preview": re.compile(r"/api/projects/[^/]+/(feature-preview|results/[^/]+/cleaned/[^/]+)"),
}
"""Addresses of what takes long, by kind."""
WAITING = 200
STREAMS = 24
A_SECOND_FOR_VISITORS, STORED_FOR_VISITORS = 60.0, 600.0
"""A page that is opened asks for some 60 things, one that is panned for up to 30 tiles a second."""
COST_OF_LONG, BYTES_AS_A_REQUEST = 5.0, 500_000
"""What takes long counts as so many requests, and so many bytes of a body as one more."""
LONGEST_WAIT_SECONDS = 20.0


@dataclass
class _Share:
    """What one has open: requests that are answered, those that wait, and streams of events."""

    answered: int = 0
    streams: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    @property
    def is_idle(self) -> bool:
        return not (self.answered or self.streams or self.waiting)


class FairShare:
    """ASGI middleware: each who asks has a number of places; who wants more waits for their own, never for others'."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        at_once: int = AT_ONCE,
        for_visitors: int = AT_ONCE_FOR_VISITORS,
        waiting: int = WAITING,
        streams: int = STREAMS,
    ) -> None:
        self.app = app
        self._at_once, self._for_visitors, self._waiting, self._streams = at_once, for_visitors, waiting, streams
        self._shares: dict[str, _Share] = {}
        self._pace = Pace(a_second=A_SECOND_FOR_VISITORS, stored=STORED_FOR_VISITORS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, once there is a place."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        key = _key(scope)
        async with contextlib.AsyncExitStack() as stack:
            try:
                await self._keep_pace(key, scope)
                for place in self._places(key, scope):
                    await stack.enter_async_context(place)
            except TooManyRequestsError as error:
                await refuse(error)(scope, receive, send)
                return
            await self.app(scope, receive, send)

    async def _keep_pace(self, key: str, scope: Scope) -> None:
        """Wait as long as one who has no account has to, who asked for much. Raises TooManyRequestsError."""
        if key.startswith("person:"):
            return
        seconds = self._pace.wait_of(key, _cost(scope), longest=LONGEST_WAIT_SECONDS)
        if seconds is None:
            raise TooManyRequestsError("Too many requests within a short time.", hint="Try again in a minute.")
        if not seconds:
            return
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:  # only where the server ends
            raise TooManyRequestsError("The server is being stopped.", hint="Try again in a moment.") from None

    def _places(self, key: str, scope: Scope) -> list[contextlib.AbstractAsyncContextManager[None]]:
        """Return the places that a request needs, in the order in which they are to be taken."""
        if scope["path"].endswith("/events"):
            return [self._stream(key)]
        is_person = key.startswith("person:")
        place = self._turn(key, self._at_once if is_person else self._for_visitors)
        kind = _long_kind(scope)
        if kind is None:
            return [place]
        return [self._turn(f"{key} {kind}", OF_A_KIND if is_person else OF_A_KIND_FOR_VISITORS), place]

    @contextlib.asynccontextmanager
    async def _turn(self, key: str, at_once: int) -> AsyncIterator[None]:
        share = self._shares.setdefault(key, _Share())
        if share.answered >= at_once:
            await self._wait(share)
        else:
            share.answered += 1
        try:
            yield
        finally:
            while share.waiting:
                waiter = share.waiting.popleft()
                if not waiter.done():  # the place is handed on
                    waiter.set_result(None)
                    break
            else:
                share.answered -= 1
            self._forget_idle(key, share)

    async def _wait(self, share: _Share) -> None:
        if len(share.waiting) >= self._waiting:
            raise TooManyRequestsError("Too many requests at once.", hint="Wait for the answers to those before.")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        share.waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # the place came just as this one went
                share.answered -= 1
            raise

    @contextlib.asynccontextmanager
    async def _stream(self, key: str) -> AsyncIterator[None]:
        share = self._shares.setdefault(key, _Share())
        if share.streams >= self._streams:
            raise TooManyRequestsError("Too many open projects at once.", hint="Close some of the pages.")
        share.streams += 1
        try:
            yield
        finally:
            share.streams -= 1
            self._forget_idle(key, share)

    def _forget_idle(self, key: str, share: _Share) -> None:
        if share.is_idle:
            self._shares.pop(key, None)


def _announced_bytes(scope: Scope) -> int:
    announced = Headers(scope=scope).get("content-length", "")
    return int(announced) if announced.isdecimal() else 0


def _cost(scope: Scope) -> float:
    """Return as how many requests one counts."""
    long = COST_OF_LONG if _long_kind(scope) is not None else 1.0
    return long + _announced_bytes(scope) / BYTES_AS_A_REQUEST


def _long_kind(scope: Scope) -> str | None:
    """Return the kind of what takes long that a request is, None for all others."""
    if "transfer-encoding" in Headers(scope=scope) or _announced_bytes(scope) > LARGE_BODY_BYTES:
        return "body"
    return next((kind for kind, address in LONG.items() if address.fullmatch(scope["path"])), None)


def _key(scope: Scope) -> str:
    actor = actor_in(scope)
    if actor is not None:
        return actor.key
    client = scope.get("client")
    return f"address:{client[0] if client else ''}"
