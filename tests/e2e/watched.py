"""Somebody on whose pages nothing may run, and of whom is known which fields they wrote strange texts into."""

from __future__ import annotations

from playwright.sync_api import APIResponse, BrowserContext, Error, Request

from e2e.person import Person
from e2e.script_texts import Watch
from e2e.server_process import ServerProcess
from e2e.text_fields import Written


class Watched(Person):
    """A browser profile whose pages are watched. What it asks for, by its pages or without them, goes to `written`."""

    def __init__(self, context: BrowserContext, server: ServerProcess, written: Written | None = None) -> None:
        self.watch = Watch(context, server.address)
        self.written = written or Written()
        context.on("request", self._note)
        super().__init__(context, server)

    def send(
        self, method: str, path: str, body: object = None, *, data: bytes | None = None, **headers: str
    ) -> APIResponse:
        """Ask the server and return its answer."""
        self.written.note(method, path, body)
        return super().send(method, path, body, data=data, **headers)

    def _note(self, request: Request) -> None:
        if "/api/" not in request.url:
            return
        try:
            body = request.post_data_json
        except (Error, ValueError):  # a file
            body = None
        self.written.note(request.method, request.url, body)
