"""The segments of a JPEG file (ITU-T T.81, annex B): what decoding needs, and what programs and cameras add to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sambaseg.errors import BrokenImageError

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
JFIF_APP, ADOBE_APP = 0xE0, 0xEE
_APPS = range(0xE0, 0xF0)
_FOR_DECODING = frozenset({*range(0xC0, 0xD0), SCAN, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}) - {0xC8}
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""Within the compressed data of a scan, 0xff is followed by 0x00 or is the marker of a restart."""
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
_MOST_SEGMENTS = 100_000


@dataclass(frozen=True)
class Segment:
    """One segment: its marker, its bytes with marker and length, of a scan with the compressed data behind it.

    `end` is where it ends in the file.
    """

    marker: int
    content: bytes
    end: int

    @property
    def payload(self) -> bytes:
        """What stands behind marker and length."""
        return self.content[4:]

    @property
    def is_application(self) -> bool:
        """Whether it is of a program or camera, or a comment."""
        return self.marker in _APPS or self.marker == COMMENT


def jpeg_segments(data: bytes, file_name: str) -> Iterator[Segment]:
    """Yield the segments between start and end of the image. Raises BrokenImageError where the file is no whole JPEG.

    What lies behind the end, such as previews that telephones put there, is left out.
    """
    if data[:2] != bytes((0xFF, START)):
        raise _broken(file_name)
    position = 2
    for _ in range(_MOST_SEGMENTS):
        found = _NEXT_MARKER.match(data, position)
        if found is None:
            raise _broken(file_name)
        marker, start = found[1][0], found.end() - 2
        if marker == END:
            return
        length = int.from_bytes(data[start + 2 : start + 4])
        end = start + 2 + length
        if length < 2 or end > len(data):
            raise _broken(file_name)
        if marker == SCAN:
            behind = _NEXT_MARKER.search(data, end)
            if behind is None:
                raise _broken(file_name)
            end = behind.start()
        yield Segment(marker, data[start:end], end)
        position = end
    raise _broken(file_name)


def without_metadata(data: bytes, file_name: str, exif: bytes) -> bytes:
    """Return a JPEG with the same compressed pixels, with `exif` as all that it tells besides them.

    The density that JFIF states stays, and so does what Adobe's segment says about the colours; their thumbnails go.
    Raises BrokenImageError.
    """
    kept, rest = [bytes((0xFF, START))], []
    for segment in jpeg_segments(data, file_name):
        if segment.marker == JFIF_APP and segment.payload.startswith(b"JFIF\0") and len(kept) == 1:
            kept.append(_cut(segment, _JFIF_BYTES, b"\0\0"))
        elif segment.marker == ADOBE_APP and segment.payload.startswith(b"Adobe"):
            rest.append(_cut(segment, _ADOBE_BYTES))
        elif segment.marker in _FOR_DECODING:
            rest.append(segment.content)
    if exif:
        kept.append(b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif)
    return b"".join((*kept, *rest, bytes((0xFF, END))))


def _cut(segment: Segment, length: int, instead: bytes = b"") -> bytes:
    """Return a segment whose payload has `length` bytes at most, the last of them replaced by `instead`."""
    payload = segment.payload[:length]
    if instead and len(payload) == length:
        payload = payload[: -len(instead)] + instead
    return bytes((0xFF, segment.marker)) + (len(payload) + 2).to_bytes(2) + payload


def _broken(file_name: str) -> BrokenImageError:
    return BrokenImageError(f"{file_name} is no whole JPEG.", hint="Export or download it again.")
