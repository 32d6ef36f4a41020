"""Looking at image files in another process, with a memory and a time limit, for files that strangers sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sambaseg.errors import BrokenImageError, DecodingLimitError
from sambaseg.images.apart import error_of
from sambaseg.images.build_workers import ask_worker
from sambaseg.images.decode_apart import DEFAULT_MEMORY_MB, DEFAULT_SECONDS
from sambaseg.images.inspection import Inspected
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import DEFAULT_LIMITS
from sambaseg.images.stack import FoundImage


def inspect_image_apart(
    path: Path,
    *,
    page: int = 0,
    limits: ReadLimits = DEFAULT_LIMITS,
    seconds: float = DEFAULT_SECONDS,
    memory_mb: int = DEFAULT_MEMORY_MB,
    file_name: str | None = None,
) -> Inspected:
    """Return what `inspect_image` returns, found out in another process. Raises as `read_image_apart` does."""
    request = {"want": "inspection", "path": str(path.absolute()), "page": page, "file_name": file_name}
    answer = _asked(request, file_name or path.name, limits, seconds, memory_mb)
    return Inspected.from_json(answer["inspected"])


def find_images_apart(
    paths: Sequence[Path],
    limits: ReadLimits = DEFAULT_LIMITS,
    *,
    seconds: float = DEFAULT_SECONDS,
    memory_mb: int = DEFAULT_MEMORY_MB,
) -> list[FoundImage]:
    """Return what `find_images` returns, found out in another process. Raises as `read_image_apart` does."""
    if not paths:
        return []
    request = {"want": "images", "paths": [str(path.absolute()) for path in paths]}
    answer = _asked(request, paths[0].name, limits, seconds, memory_mb)
    return [FoundImage.from_json(values) for values in answer["images"]]


def _asked(request: dict[str, Any], name: str, limits: ReadLimits, seconds: float, memory_mb: int) -> dict[str, Any]:
    """Return the answer to a request, or raise the error that it is."""
    asked = {
        **request,
        "max_bytes": limits.max_bytes,
        "max_pages": limits.max_pages,
        "max_streamed_bytes": limits.max_streamed_bytes,
        "memory_mb": memory_mb,
    }
    answer = ask_worker(asked, seconds)
    if answer is None:
        raise DecodingLimitError(
            f"Reading {name} took longer than {seconds:g} seconds.",
            hint="Save it uncompressed or with deflate, or raise SAMBASEG_DECODE_SECONDS.",
        )
    if isinstance(answer, int):
        raise BrokenImageError(f"{name} made the decoder fail (exit code {answer}).")
    if "error" in answer:
        raise error_of(answer["error"])
    return answer
