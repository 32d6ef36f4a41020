"""Opening an image so that only the parts that are asked for are read."""

from __future__ import annotations

from pathlib import Path

from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.reader import DEFAULT_LIMITS, open_source


def open_pixels(
    path: Path, *, page: int = 0, limits: ReadLimits = DEFAULT_LIMITS, file_name: str | None = None
) -> RegionPixels | None:
    """Return the channels (C, H, W) of a page, counted from 0, as `read_image` gives them, read part by part.

    None where the file cannot be read by parts: PNG, JPEG, compressed single strips, turned images. Files are checked
    as far as that costs no decoding; reading a part raises BrokenImageError where it cannot be decoded, and
    MissingFileError once the file is gone. Raises as `read_image` does, with ``limits.max_streamed_bytes`` as the
    budget for what is read by parts.
    """
    with open_source(path, limits, file_name) as source:
        return source.pixels(page)
