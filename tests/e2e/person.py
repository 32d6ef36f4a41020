"""Somebody with a browser of their own, who also asks the server without the page: to fill a site quickly."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image
from playwright.sync_api import APIResponse, BrowserContext, Page

from e2e.server_process import ServerProcess
from e2e.test_lab import run_accounts

PASSWORD = "grains of nickel and light"


@contextmanager
def public_site(folder: Path) -> Iterator[ServerProcess]:
    """Run a public site with one moderator, Mo."""
    server = ServerProcess(folder / "projects", mode="public")
    more = ("--role", "moderator", "--name", "Mo Lens", "--password-stdin")
    run_accounts(server, "add", "mo", *more, password=PASSWORD)
    server.start()
    yield server
    server.stop()


class Person:
    """One browser profile on one site."""

    def __init__(self, context: BrowserContext, server: ServerProcess) -> None:
        self.address = server.address.rstrip("/")
        self.page: Page = context.new_page()

    def open(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def ask(self, method: str, path: str, body: object = None, *, data: bytes | None = None, **headers: str) -> Any:
        """Ask the server and return the JSON of its answer, or its text. A refusal fails the test."""
        answer = self.send(method, path, body, data=data, **headers)
        assert answer.ok, f"{method} {path}: {answer.text()}"
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json and answer.status != 204 else answer.text()

    def send(
        self, method: str, path: str, body: object = None, *, data: bytes | None = None, **headers: str
    ) -> APIResponse:
        """Ask the server and return its answer; names of headers have _ for -."""
        sent = {"Origin": self.address, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.page.request.fetch(
            f"{self.address}{path}", method=method, headers=sent, data=data if data is not None else body
        )

    def visit(self) -> None:
        """Begin a visit without an account."""
        self.open("/")
        self.ask("POST", "/api/me/visit")

    def sign_in(self, login: str, password: str) -> None:
        """Sign in with a password."""
        self.open("/")
        self.ask("POST", "/api/sessions", {"login": login, "password": password})

    def make_project(self, name: str, file_name: str, content: bytes) -> str:
        """Send an image and return the project that was made of it."""
        names = f"name={quote(name)}&file_name={quote(file_name)}"
        octets = "application/octet-stream"
        return str(self.ask("POST", f"/api/projects?{names}", data=content, content_type=octets)["id"])

    def name_classes(self, project: str, names: list[str]) -> None:
        """Give a new project classes of these names."""
        classes = [{"id": 1 + at, "name": name, "colour": "#1f77b4", "locked": False} for at, name in enumerate(names)]
        step = {"client_id": "somebody-1", "client_seq": 1, "base_revision": 0, "kind": "classes", "classes": classes}
        self.ask("POST", f"/api/projects/{project}/operations", step)

    def submit(self, project: str, metadata: dict[str, Any]) -> str:
        """Share the image of a project and submit it; return the entry's id."""
        entry = self.ask("POST", f"/api/projects/{project}/share", {"image": 0})["mine"]["id"]
        self.ask("PATCH", f"/api/gallery/drafts/{entry}", {"metadata": metadata})
        self.ask("POST", f"/api/gallery/drafts/{entry}/submit", {"consent": True})
        return str(entry)

    def decide(self, entry: str, action: str, reason: str = "") -> None:
        """Decide on the first version of an entry that waits, as a moderator."""
        self.ask("POST", f"/api/moderation/{entry}", {"version": 1, "action": action, "reason": reason})


def tiny_png() -> bytes:
    """Return an image of 24 × 32 px."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 32)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
