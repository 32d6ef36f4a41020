"""Files of the built page on their way to browsers: as the build compressed them, where a browser takes that.

The build writes FILE.br and FILE.gz beside FILE (``web/precompress.ts``). Each form has a tag of its own, so that
nothing between server and browser takes one for another.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Codings as HTTP names them, the smaller first, and the ending of their files."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""For assets, which carry a hash of their content in the name."""
ASK_EACH_TIME = "no-cache"
MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
}
"""What a machine's own table may have otherwise, and browsers are strict about."""


class PageFiles(StaticFiles):
    """The files of a folder. What is not there is answered by 404, what the browser has already by 304."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._assets = Path(os.path.realpath(folder)) / "assets"

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file in the best form that the request takes."""
        request, path = Headers(scope=scope), Path(full_path)
        if path.suffix in ENCODINGS.values():  # a form, and no file of the page
            raise HTTPException(status_code=404)
        variants = _variants(path)
        coding = _best_coding(request.get("accept-encoding", ""), variants)
        sent = path if coding is None else variants[coding]
        state = stat_result if coding is None else sent.stat()
        headers = {
            "ETag": _tag(sent, state.st_mtime_ns, state.st_size),
            "Cache-Control": IMMUTABLE if path.parent == self._assets else ASK_EACH_TIME,
        }
        if variants:
            headers["Vary"] = "Accept-Encoding"
        if coding is not None:
            headers["Content-Encoding"] = coding
        answer = FileResponse(
            sent, status_code, headers=headers, media_type=MEDIA_TYPES.get(path.suffix), stat_result=state
        )
        return NotModifiedResponse(answer.headers) if self.is_not_modified(answer.headers, request) else answer


def _variants(path: Path) -> dict[str, Path]:
    """Return the compressed forms of a file by their coding."""
    forms = {coding: path.with_name(path.name + ending) for coding, ending in ENCODINGS.items()}
    return {coding: form for coding, form in forms.items() if form.is_file()}


def _best_coding(accepted: str, variants: dict[str, Path]) -> str | None:
    """Return the first of the codings that an Accept-Encoding header takes; None where it takes none of them."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    return next((coding for coding in variants if weights.get(coding, weights.get("*", 0)) > 0), None)


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1
    try:
        return float(value)
    except ValueError:
        return 0


@lru_cache(maxsize=2048)
def _tag(path: Path, modified_ns: int, size: int) -> str:  # noqa: ARG001 - what makes a known tag an old one
    """Return a tag that names the content: sizes and times can be the same after an update."""
    with path.open("rb") as file:
        return f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'
