"""What an image file tells besides its pixels, for people to look at before they give the file away.

Whatever cleaning keeps (see `cleaning.py`) is left out: a cleaned copy tells nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.images.formats import HEAD_BYTES, identify
from sambaseg.images.jpeg_segments import ADOBE_APP, COMMENT, JFIF_APP, jpeg_segments
from sambaseg.images.png_chunks import other_png_chunks

if TYPE_CHECKING:
    from tifffile import TiffPage

MOST_TOLD = 200
LONGEST_VALUE = 200
_MOST_DEPTH = 4
_KEPT_EXIF = {274, 282, 283, 296}
_PIXEL_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 291, 292, 293}
    | {296, 297, 301, 317, 318, 319, 320, 322, 323, 324, 325, 330, 332, 334, 338, 339, 340, 341, 342, 347, 529, 530}
    | {531, 532, 32997, 32998}
)
"""TIFF's tags of where the pixels lie and how they are to be read."""
_OWN_DESCRIPTION = '{"sambaseg"'
_DESCRIPTION, _SOFTWARE = 270, 305
_OWN_SOFTWARE = ("sambaseg", "tifffile")
_EXIF = b"Exif\0\0"
_APP_NAMES = {
    b"http://ns.adobe.com/xap/1.0/": "XMP",
    b"http://ns.adobe.com/xmp/extension/": "XMP",
    b"ICC_PROFILE": "Colour profile",
    b"Photoshop 3.0": "Photoshop and IPTC",
    b"JFIF": "Preview",
    b"JFXX": "Preview",
}
_PNG_NAMES = {b"iCCP": "Colour profile", b"tIME": "Time", b"": "Behind the image"}

Found = Iterator[tuple[str, object]]


@dataclass(frozen=True)
class Told:
    """One thing that a file tells: its name as the format calls it, and its value, at most `LONGEST_VALUE` long."""

    name: str
    value: str


def told_by(path: Path, file_name: str) -> tuple[Told, ...]:
    """Return what the file at `path` tells besides its pixels, at most `MOST_TOLD` things.

    A file whose metadata cannot be read tells that it may hold some.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        kind = identify(head, file_name)
        sources = {"JPEG": _jpeg, "PNG": _png, "TIFF": _tiff, "WebP": _webp}
        source = sources.get(kind)
        found = () if source is None else islice(source(path), MOST_TOLD)
        return tuple(Told(_shortened(name), _shortened(value)) for name, value in found)
    except Exception:
        # whatever stands in a file raises all kinds of errors here; its pixels were read elsewhere
        return (Told("Metadata", "It cannot be read, but something may stand there."),)


def _jpeg(path: Path) -> Found:
    data, end = path.read_bytes(), 2
    for segment in jpeg_segments(data, path.name):
        end, payload = segment.end, segment.payload
        if payload.startswith(_EXIF):
            yield from _exif(payload)
        elif segment.marker == COMMENT:
            yield "Comment", payload
        elif segment.is_application and not _is_kept(segment.marker, payload):
            name, _, text = payload.partition(b"\0")
            yield _APP_NAMES.get(name, f"Segment APP{segment.marker - JFIF_APP}"), text
    behind = data[end:].lstrip(b"\xff").removeprefix(b"\xd9")
    if behind:
        yield "Behind the image", behind


def _is_kept(marker: int, payload: bytes) -> bool:
    return (marker == JFIF_APP and payload.startswith(b"JFIF\0") and len(payload) <= 14) or (
        marker == ADOBE_APP and payload.startswith(b"Adobe")
    )


def _exif(block: bytes) -> Found:
    from PIL import ExifTags, Image

    exif = Image.Exif()
    exif.load(block)
    places = {place.value for place in ExifTags.IFD}
    for code, value in exif.items():
        if code not in _KEPT_EXIF and code not in places:
            yield ExifTags.TAGS.get(code, f"EXIF {code}"), value
    for place, tags in ((ExifTags.IFD.GPSInfo, ExifTags.GPSTAGS), (ExifTags.IFD.Exif, ExifTags.TAGS)):
        for code, value in exif.get_ifd(place).items():
            yield str(tags.get(code, f"{place.name} {code}")), value
    if exif.get_ifd(ExifTags.IFD.IFD1):
        yield "Preview", "A small picture"


def _png(path: Path) -> Found:
    for kind, data in other_png_chunks(path, path.name):
        if kind == b"eXIf":
            yield from _exif(_EXIF + data)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            yield _png_text(kind, data)
        else:
            yield _PNG_NAMES.get(kind, f"Chunk {kind.decode('ascii', 'replace')}"), data


def _png_text(kind: bytes, data: bytes) -> tuple[str, object]:
    name, _, text = data.partition(b"\0")
    if kind == b"iTXt":  # flag and method of compression, language, translated name
        is_packed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
    else:
        is_packed, text = kind == b"zTXt", text.removeprefix(b"\0") if kind == b"zTXt" else text
    if is_packed:
        text = zlib.decompressobj().decompress(text, 8 * LONGEST_VALUE)
    return name.decode("latin-1"), text.decode("utf-8", "replace")


def _webp(path: Path) -> Found:
    data = path.read_bytes()
    position = 12
    while position + 8 <= len(data):
        kind, length = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        content = data[position + 8 : position + 8 + length]
        if kind == b"EXIF":
            yield from _exif(content if content.startswith(_EXIF) else _EXIF + content)
        elif kind in (b"XMP ", b"ICCP"):
            yield {b"XMP ": "XMP", b"ICCP": "Colour profile"}[kind], content
        position += 8 + length + length % 2


def _tiff(path: Path) -> Found:
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        yield from _tiff_page(tiff.pages.first)


def _tiff_page(page: TiffPage) -> Found:
    for tag in page.tags:
        if tag.code in _PIXEL_TAGS:
            continue
        value = tag.value
        is_own = (tag.code == _DESCRIPTION and str(value).startswith(_OWN_DESCRIPTION)) or (
            tag.code == _SOFTWARE and str(value).startswith(_OWN_SOFTWARE)
        )
        if not is_own:
            yield from _flat(tag.name, value)


def _flat(name: str, value: object, depth: int = 0) -> Found:
    """Yield what stands in nested tables line by line."""
    if isinstance(value, Mapping) and depth < _MOST_DEPTH:
        for key, inner in value.items():
            yield from _flat(f"{name}: {key}" if depth == 0 else f"{name}, {key}", inner, depth + 1)
    else:
        yield name, value


def _shortened(value: Any) -> str:  # noqa: ANN401 - whatever a file holds
    text = value[: 4 * LONGEST_VALUE].decode("latin-1") if isinstance(value, bytes) else str(value)
    printable = " ".join("".join(c if c.isprintable() else " " for c in text[: 8 * LONGEST_VALUE]).split())
    return printable if len(printable) <= LONGEST_VALUE else f"{printable[: LONGEST_VALUE - 1]}…"
