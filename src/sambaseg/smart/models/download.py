"""Downloads that can be stopped and go on later, and that are checked before they count.

What has come lies in ``NAME.part`` beside the target, with what the server called that version in ``NAME.part.json``.
Only when size and SHA-256 are right does it get its name.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any

from sambaseg.durable import sync_folder
from sambaseg.errors import DownloadError, ModelMismatchError, StorageError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.models.store import check_content
from sambaseg.version import __version__

MAX_REDIRECTS = 5
MAX_BYTES = 8 * 2**30
"""Of a file whose size is not known."""
ATTEMPTS = 4
TIMEOUT_SECONDS = 30.0
_READ_BYTES = 1 << 18
_RETRIED = (408, 429, 500, 502, 503, 504)

TellBytes = Callable[[int, int | None], None]
"""Takes the bytes that are here, and those of the whole file where they are known."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to fetch: what it belongs to, its address, and its size and SHA-256 where they are known."""

    title: str
    address: str
    size_bytes: int | None = None
    sha256: str | None = None


def download(
    source: Source,
    target: Path,
    *,
    progress: TellBytes | None = None,
    cancelled: CancelToken | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> str:
    """Fetch a file to `target`, going on where an earlier call stopped; return its SHA-256.

    Raises DownloadError where the address cannot be reached or the connection breaks again and again (what has come
    stays), ModelMismatchError where size or SHA-256 are wrong (what has come is removed), StorageError, and
    CancelledError (what has come stays).
    """
    if target.is_file():
        return check_content(target, source.title, source.size_bytes, source.sha256)
    cancelled = cancelled or CancelToken()
    part = _Part(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.size > 0
        _fetch(source, part, progress or (lambda *_: None), cancelled, timeout_seconds)
        try:
            digest = check_content(part.path, source.title, source.size_bytes, source.sha256)
        except ModelMismatchError:
            part.discard()
            if not resumed:
                raise
            _fetch(source, part, progress or (lambda *_: None), cancelled, timeout_seconds)
            digest = _checked_or_discarded(source, part)
        part.finish(target)
    except OSError as error:
        raise StorageError(
            f"{target.name} could not be saved in {target.parent}: {error.strerror or error}.",
            hint="Check that the folder may be written and that the disk has room.",
        ) from error
    return digest


def _checked_or_discarded(source: Source, part: _Part) -> str:
    try:
        return check_content(part.path, source.title, source.size_bytes, source.sha256)
    except ModelMismatchError:
        part.discard()
        raise


class _Part:
    """What has come of a file, and which version of it."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._notes = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self) -> str | None:
        """Return what the server called the version that has come in part."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            version = json.loads(self._notes.read_text(encoding="utf-8")).get("version")
            return version if isinstance(version, str) else None
        return None

    def begin(self, version: str | None) -> None:
        """Begin anew."""
        self._notes.write_text(json.dumps({"version": version}), encoding="utf-8")
        self.path.write_bytes(b"")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        with self.path.open("r+b") as file:
            os.fsync(file.fileno())
        self.path.replace(target)
        self._notes.unlink(missing_ok=True)
        sync_folder(target.parent)


def _fetch(source: Source, part: _Part, progress: TellBytes, cancelled: CancelToken, timeout_seconds: float) -> None:
    """Fetch what is missing; try again where the connection breaks."""
    opener = _opener()
    for attempt in range(1, ATTEMPTS + 1):
        cancelled.raise_if_cancelled()
        before = part.size
        if source.size_bytes is not None and before >= source.size_bytes:
            return
        try:
            if _fetch_once(opener, source, part, progress, cancelled, timeout_seconds):
                return
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"it answered {error.code} ({error.reason})"
            if error.code == 416 and before:
                part.discard()
            elif error.code not in _RETRIED:
                raise _failed(source, reason, part) from error
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        if attempt == ATTEMPTS:
            raise _failed(source, reason, part)


def _fetch_once(
    opener: urllib.request.OpenerDirector,
    source: Source,
    part: _Part,
    progress: TellBytes,
    cancelled: CancelToken,
    timeout_seconds: float,
) -> bool:
    """Fetch what is missing; return whether all has come."""
    with opener.open(_request(source, part), timeout=timeout_seconds) as answer:
        start = part.size if answer.status == http.HTTPStatus.PARTIAL_CONTENT else 0
        total = _announced_total(answer.headers, start)
        _check_total(source, total, part)
        if start == 0:
            part.begin(answer.headers.get("ETag"))
        limit = source.size_bytes or total or MAX_BYTES
        _check_room(part.path.parent, limit - start)
        with part.path.open("ab") as file:
            come = start
            progress(come, total or source.size_bytes)
            while piece := _read(answer):
                cancelled.raise_if_cancelled()
                come += len(piece)
                if come > limit:
                    part.discard()
                    raise ModelMismatchError(
                        f"The file at {source.address} goes on behind the {limit:,} bytes that it should have.",
                        hint="Another file may lie there now; take the model from disk.",
                    )
                file.write(piece)
                progress(come, total or source.size_bytes)
        whole = total or source.size_bytes
        return come > 0 if whole is None else come >= whole


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Return the next bytes. Raises ConnectionError for all that can happen on the way, unlike errors of the disk."""
    try:
        return answer.read(_READ_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


def _request(source: Source, part: _Part) -> urllib.request.Request:
    headers = {"User-Agent": f"sambaseg/{__version__}", "Accept-Encoding": "identity"}
    version = part.version()
    if part.size and (version or source.sha256):
        headers["Range"] = f"bytes={part.size}-"
        if version and not version.startswith("W/"):
            headers["If-Range"] = version
    return urllib.request.Request(_checked_address(source.address), headers=headers)


def _announced_total(headers: Message, start: int) -> int | None:
    """Return the bytes of the whole file, as the answer's header says."""
    span = headers.get("Content-Range", "")
    if start and "/" in span and span.rsplit("/", 1)[1].isdecimal():
        return int(span.rsplit("/", 1)[1])
    length = headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() else None


def _check_total(source: Source, total: int | None, part: _Part) -> None:
    if total is None:
        return
    if source.size_bytes is not None and total != source.size_bytes:
        part.discard()
        raise ModelMismatchError(
            f"The file at {source.address} has {total:,} bytes; that of {source.title} has {source.size_bytes:,}.",
            hint="Another version may lie there now. If you trust it, fetch it by yourself and add it from disk.",
        )
    if total > MAX_BYTES:
        raise ModelMismatchError(f"The file at {source.address} has {total:,} bytes; at most {MAX_BYTES:,} are taken.")


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed < MAX_BYTES and free < needed:
        raise StorageError(
            f"The disk of {folder} has room for {free / 1e6:,.0f} MB; the file needs {needed / 1e6:,.0f} MB more.",
            hint="Make room and start again; what has come stays.",
        )


def _failed(source: Source, reason: str, part: _Part) -> DownloadError:
    come = f" What has come ({part.size / 1e6:.1f} MB) stays: start again to go on." if part.size else ""
    return DownloadError(
        f"The file of {source.title} could not be fetched from {source.address}: {reason}.",
        hint=f"Check the connection.{come} On a machine without internet, fetch it elsewhere and add it from disk.",
    )


def _checked_address(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DownloadError(f"Only http and https addresses are fetched, not {address!r:.200}.")
    return address


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none from https to anything else."""

    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,  # noqa: ANN401
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urllib.parse.urlsplit(newurl).scheme
        if scheme != "https" and not (scheme == "http" and req.type == "http"):
            raise DownloadError(f"{req.full_url} leads to {newurl!r:.200}, which is not fetched from there.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens http and https, and nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener
