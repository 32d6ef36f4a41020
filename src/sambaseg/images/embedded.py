"""The size that a compressed image claims in its own header, read before anything is decoded."""

from __future__ import annotations

import struct

_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_JPEG_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_2000_START = b"\xff\x4f\xff\x51"


def embedded_pixels(head: bytes) -> int | None:
    """Return width times height claimed by a JPEG, JPEG 2000, PNG or WebP that begins with `head`; None if unknown."""
    size = _jpeg_size(head) or _jpeg_2000_size(head) or _png_size(head) or webp_size(head)
    return None if size is None else size[0] * size[1]


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Return (width, height) of the canvas of a WebP file."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if head[12:16] == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _png_size(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or len(head) < 24:
        return None
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Return (width, height) from the frame header of a JPEG."""
    if head[:2] != b"\xff\xd8":
        return None
    position = 2
    while position + 9 <= len(head):
        if head[position] != 0xFF:
            return None
        marker = head[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", head, position + 5)
            return width, height
        else:
            position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    return None


def _jpeg_2000_size(head: bytes) -> tuple[int, int] | None:
    start = head.find(_JPEG_2000_START)
    if start < 0 or len(head) < start + 24:
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", head, start + 8)
    return max(right - left, 0), max(bottom - top, 0)
