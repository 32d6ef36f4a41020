"""The one place where an error becomes an answer: ``{"error": {"code", "message", "hint"}}`` with its status."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from anyio import BrokenResourceError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sambaseg.errors import ParameterError, SambasegError, StorageError, UploadTooLargeError

log = logging.getLogger("sambaseg.server")
STORAGE_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})
LONGEST_VALUE = 60


def refuse(error: SambasegError) -> JSONResponse:
    """Return the answer that stands for `error`."""
    return _answer(error.status, error.code, error.message, error.hint)


def install_refusals(app: FastAPI) -> None:
    """Let every error of `app`'s routes, and of requests that no route takes, be answered in the one shape."""
    app.add_exception_handler(SambasegError, _refuse_on_purpose)
    app.add_exception_handler(RequestValidationError, _refuse_parameters)
    app.add_exception_handler(HTTPException, _refuse_request)


class LastResort:
    """ASGI middleware: an error that nobody expected becomes a plain sentence for the person and a log entry."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except Exception as error:
            if started and _client_is_gone(error):
                return
            if scope["type"] != "http" or started:
                raise  # half an answer is on its way: only breaking the connection tells the client
            known = as_refusal(error)
            answer = _unexpected(scope, error) if known is None else refuse(known)
            await answer(scope, receive, send)


def _client_is_gone(error: BaseException) -> bool:
    """Return whether a stream of events ended because nobody reads it any more: that is no failure."""
    if isinstance(error, BaseExceptionGroup):
        return all(_client_is_gone(each) for each in error.exceptions)
    return isinstance(error, BrokenResourceError)


def as_refusal(error: BaseException) -> SambasegError | None:
    """Return `error` as one of the project's own where it is one, or where the disk caused it."""
    if isinstance(error, SambasegError):
        return error
    if isinstance(error, OSError) and error.errno in STORAGE_ERRNOS:
        return StorageError(
            f"Could not save: {error.strerror}.", hint="Make room or allow writing, then try again; nothing was lost."
        )
    return None


def describe_invalid(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence for what a request's checks found: where, what was expected, what came."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return f"The request is not valid JSON: {first['ctx']['error']} at character {first['loc'][-1]}."
    place = _place(first["loc"])
    if first["type"] == "missing":
        sentence = f"{place} is missing"
    elif first["type"] == "extra_forbidden":
        sentence = f"{place} is not known here"
    else:
        expected = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ").removeprefix("should ")
        given = repr(first["input"])
        shown = given if len(given) <= LONGEST_VALUE else given[:LONGEST_VALUE] + "…"
        sentence = f"{place} should {expected[:1].lower()}{expected[1:]}, not {shown}"
    more = f" ({len(errors) - 1} more like this)" if len(errors) > 1 else ""
    return f"{sentence}{more}."


def _place(location: Sequence[str | int]) -> str:
    """Write ("body", "recipe", "scales_px", 3) as recipe.scales_px[3]."""
    parts = location[1:] if len(location) > 1 else location
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


async def _refuse_on_purpose(request: Request, error: Exception) -> Response:
    assert isinstance(error, SambasegError)
    if error.status >= 500:
        log.warning("%s %s: %s", request.method, request.url.path, error.message)
    return refuse(error)


async def _refuse_parameters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refuse(ParameterError(describe_invalid(error.errors())))


async def _refuse_request(request: Request, error: Exception) -> Response:
    """Answer what the web framework itself refuses: unknown addresses and methods, oversized or unreadable bodies."""
    assert isinstance(error, HTTPException)
    path, status = request.url.path, error.status_code
    if status == 413:
        return refuse(UploadTooLargeError("The request is larger than what is taken here.", hint="Send less at once."))
    if status == 404:
        return _answer(404, "not_found", f"There is nothing at {path[:200]}.", "Check the address.", error.headers)
    if status == 405:
        methods = _methods_at(request.app, path)
        allowed = {"Allow": ", ".join(methods)} if methods else error.headers
        message = f"{request.method} is not possible at {path[:200]}."
        return _answer(405, "method_not_allowed", message, "See docs/openapi.json.", allowed)
    return _answer(status, "request", f"The request could not be read: {error.detail}.", "", error.headers)


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """Return all methods that the described routes have at `path`; the router names those of one route only."""
    for template, operations in app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return sorted(method.upper() for method in operations)
    return []


def _unexpected(scope: Scope, error: Exception) -> Response:
    log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
    message = "Something went wrong in the server; what you did before is safe."
    return _answer(500, "unexpected", message, "Try again. The terminal that runs sambaseg tells more.")


def _answer(status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = {"error": {"code": code, "message": message, "hint": hint}}
    return JSONResponse(content, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})
