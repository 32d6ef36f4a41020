"""The gallery's own addresses of the page: the same page everywhere, with an entry's description in its head."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sambaseg.accounts.actors import Actor
from sambaseg.errors import NotFoundError
from sambaseg.gallery.licences import find_licence
from sambaseg.server.entry_page import describe_dataset, page_of
from sambaseg.server.gallery_declare import EntryId, VersionNumber
from sambaseg.server.gallery_desk import GalleryDesk, GalleryHere
from sambaseg.server.page import MISSING_PAGE, PAGE_FOLDER
from sambaseg.server.present_gallery import present_entry, present_licence
from sambaseg.server.services import Services, ServicesHere
from sambaseg.server.who import Anybody

HEADERS = {"Cache-Control": "no-cache"}
SCREENS = (
    "/gallery/mine",
    "/gallery/dataset",
    "/gallery/follow/{token}",
    "/gallery/moderation",
    "/moderation",
    "/admin",
    "/admin/{section}",
    "/sign-in/back",
)


def gallery_page_router(folder: Path = PAGE_FOLDER) -> APIRouter:
    """Return the routes of the page built in `folder`; an entry that is not there is the page with status 404."""
    router = APIRouter(include_in_schema=False)

    def get_screen() -> Response:
        return _page(_shell(folder))

    @router.get("/gallery")
    def get_gallery() -> Response:
        return _page(_shell(folder, "gallery.html"))

    for address in SCREENS:
        router.add_api_route(address, get_screen, methods=["GET"])

    @router.get("/gallery/{eid:entry_id}")
    def get_entry_page(eid: EntryId, desk: GalleryHere, services: ServicesHere, actor: Anybody) -> Response:
        return _entry_page(folder, desk, services, eid, None, actor)

    @router.get("/gallery/{eid:entry_id}/v/{version}")
    def get_version_page(
        eid: EntryId, version: VersionNumber, desk: GalleryHere, services: ServicesHere, actor: Anybody
    ) -> Response:
        return _entry_page(folder, desk, services, eid, version, actor)

    @router.get("/gallery/{rest:path}")
    def get_no_screen(rest: str) -> Response:  # noqa: ARG001
        return _page(_shell(folder), status=404)

    return router


def _entry_page(
    folder: Path, desk: GalleryDesk, services: Services, entry_id: str, version: int | None, actor: Actor | None
) -> Response:
    """Return the page; search engines are told only what everybody may see."""
    shell = _shell(folder)
    if actor is None and services.settings.mode == "lab":  # a lab's entries are for its people; the page asks who it is
        return _page(shell)
    try:
        entry = desk.seen(entry_id, version, actor)
    except NotFoundError as error:
        return _page(shell, status=error.status)
    if shell is None or not entry.is_public or entry.metadata.licence is None:
        return _page(shell)
    licence = present_licence(find_licence(entry.metadata.licence))
    return _page(page_of(shell, describe_dataset(present_entry(entry), licence, services.page_address)))


def _shell(folder: Path, name: str = "index.html") -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _page(html: str | None, *, status: int = 200) -> Response:
    if html is None:
        return HTMLResponse(MISSING_PAGE, status_code=503, headers={"Cache-Control": "no-store"})
    return HTMLResponse(html, status_code=status, headers=HEADERS)
