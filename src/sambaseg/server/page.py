"""The page itself: files that the build of ``web/`` put into the package."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import HTMLResponse, Response

from sambaseg.server.page_files import PageFiles

PAGE_FOLDER = Path(__file__).parent / "page"
MISSING_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sambaseg</title></head>
<body><h1>The page is not built yet</h1>
<p>The server runs, but its page is missing. In the source folder, run <code>python3 dev.py run</code>.</p>
</body></html>
"""


class PagePath(StringConvertor):
    """A path that is not the interface's, so that unknown routes there are answered as such."""

    regex = r"(?!api(?:/|$)).+"


register_url_convertor("page_path", PagePath())


def page_router(folder: Path = PAGE_FOLDER) -> APIRouter:
    """Return the routes of the page built in `folder`; where it is missing, a sentence says what to do."""
    router = APIRouter(include_in_schema=False)
    files = PageFiles(folder)

    @router.get("/")
    async def get_page(request: Request) -> Response:
        if not (folder / "index.html").is_file():
            return HTMLResponse(MISSING_PAGE, status_code=503, headers={"Cache-Control": "no-store"})
        return await files.get_response("index.html", request.scope)

    @router.get("/{path:page_path}")
    async def get_page_file(path: str, request: Request) -> Response:
        return await files.get_response(path, request.scope)

    return router
