"""Copies of image files without what they tell besides their pixels: names, places, serial numbers, texts, previews.

What is kept is a list, so that nothing unknown stays: what decoding needs, the orientation, and the size of a pixel.
The compressed pixels are copied as they are.
"""

from __future__ import annotations

from pathlib import Path

from sambaseg.errors import SambasegError
from sambaseg.images.formats import HEAD_BYTES, identify
from sambaseg.images.jpeg_segments import without_metadata
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.png_chunks import write_png_pixels
from sambaseg.images.raster import RasterSource

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _INCH = 274, 282, 283, 296, 2
_PLAIN = 1
_LARGEST_RATIONAL = 2**31
MOST_JPEG_BYTES = 1 << 30


def write_cleaned(source: Path, target: Path, file_name: str) -> bool:
    """Write a cleaned copy of a JPEG or PNG, and return True; False for all that has to be written anew as pixels.

    That is any other format, and a file that is not built as it should be. The copy reads as the same pixels.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        kind = identify(head, file_name)
        if kind not in ("JPEG", "PNG") or (kind == "JPEG" and source.stat().st_size > MOST_JPEG_BYTES):
            return False
        with RasterSource(source, file_name, ReadLimits(), kind) as stated:
            exif = _kept_exif(stated.orientation, stated.dots_per_inch if kind == "JPEG" else None)
        if kind == "JPEG":
            target.write_bytes(without_metadata(source.read_bytes(), file_name, exif))
        else:
            write_png_pixels(source, target, file_name, exif.removeprefix(b"Exif\0\0"))
    except SambasegError:
        return False
    return True


def _kept_exif(orientation: int, dots_per_inch: tuple[float, float] | None) -> bytes:
    """Return an EXIF block that states the orientation and the resolution; nothing where there is nothing to state."""
    from PIL import Image

    exif = Image.Exif()
    if orientation != _PLAIN:
        exif[_ORIENTATION] = orientation
    if dots_per_inch is not None and max(dots_per_inch) < _LARGEST_RATIONAL:
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = dots_per_inch
        exif[_RESOLUTION_UNIT] = _INCH
    return exif.tobytes() if len(exif) else b""
