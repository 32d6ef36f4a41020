"""Files that are sent to the server: streamed to disk within a size limit, decoded in another process."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

from anyio import open_file, to_thread
from starlette.requests import ClientDisconnect, Request

from sambaseg.errors import InputFileError, UploadTooLargeError
from sambaseg.server.body_limit import lift_body_limit

WRITE_BYTES = 1 << 20
LEFT_OVER_SECONDS = 86_400


def clear_temporary(folder: Path) -> None:
    """Remove what uploads and downloads left behind when a server was killed, once it is a day old."""
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def temporary_path(folder: Path, suffix: str = ".part") -> Path:
    """Return a path in `folder`, which is made, that nothing else uses."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{secrets.token_hex(16)}{suffix}"


@contextlib.asynccontextmanager
async def received_file(request: Request, folder: Path, *, max_mb: int, what: str = "file") -> AsyncIterator[Path]:
    """Stream the body of `request` into a temporary file of `folder`, which is gone when the context ends.

    Raises UploadTooLargeError as soon as more than `max_mb` megabytes are announced or have come, InputFileError where
    nothing came.
    """
    lift_body_limit(request.scope)
    limit = max_mb * 1_000_000
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(what, max_mb)
    path = await to_thread.run_sync(temporary_path, folder)
    try:
        await _write_body(request, path, limit, _too_large(what, max_mb))
        if path.stat().st_size == 0:
            raise InputFileError(f"The {what} is empty: it has 0 bytes.", hint="Choose the file again.")
        yield path
    finally:
        await to_thread.run_sync(lambda: path.unlink(missing_ok=True))


async def _write_body(request: Request, path: Path, limit: int, too_large: UploadTooLargeError) -> None:
    received, buffer = 0, bytearray()
    async with await open_file(path, "xb") as file:
        try:
            async for chunk in request.stream():
                received += len(chunk)
                if received > limit:
                    raise too_large
                buffer += chunk
                if len(buffer) >= WRITE_BYTES:
                    await file.write(bytes(buffer))
                    buffer.clear()
        except ClientDisconnect:
            raise InputFileError("The upload was broken off.", hint="Send the file again.") from None
        await file.write(bytes(buffer))


def _too_large(what: str, max_mb: int) -> UploadTooLargeError:
    return UploadTooLargeError(
        f"The {what} is larger than the {max_mb:,} MB that are taken.",
        hint="Crop or compress it, or start sambaseg with a larger SAMBASEG_MAX_UPLOAD_MB.",
    )
