"""The chunks of a PNG file: its header, its EXIF block, and whether it is whole (W3C PNG specification, section 5)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sambaseg.errors import BrokenImageError

_SIGNATURE_BYTES = 8
_MOST_CHUNKS = 2_000_000
_MOST_EXIF_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
KEPT_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"IDAT", b"IEND")
)
"""What decoding and showing need, and the size of a pixel."""
_PLAIN = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True)
class PngHeader:
    """What is known of a PNG without decoding it."""

    bits: int
    colour_type: int
    animated: bool
    exif: bytes


def read_png_header(path: Path, file_name: str) -> PngHeader:
    """Return the header. Raises BrokenImageError where chunks are missing or reach beyond the end of the file."""
    with path.open("rb") as file:
        head = file.read(_SIGNATURE_BYTES + 25)
        if len(head) < _SIGNATURE_BYTES + 25 or head[12:16] != b"IHDR":
            raise BrokenImageError(f"{file_name} ends within its PNG header.", hint="Export or download it again.")
        bits, colour_type = head[24], head[25]
        if bits not in _DEPTHS.get(colour_type, ()):
            raise BrokenImageError(f"{file_name} claims {bits} bits for the PNG colour type {colour_type}.")
        animated, exif = False, b""
        for kind, start, length in _chunks(file, path.stat().st_size, file_name):
            animated = animated or kind == b"acTL"
            if kind == b"eXIf" and length <= _MOST_EXIF_BYTES:
                file.seek(start)
                exif = b"Exif\0\0" + file.read(length)
    return PngHeader(bits, colour_type, animated, exif)


def check_png_sums(path: Path, file_name: str) -> None:
    """Raise BrokenImageError where the check sum of a chunk does not fit its bytes."""
    with path.open("rb") as file:
        for kind, start, length in _chunks(file, path.stat().st_size, file_name):
            file.seek(start)
            total = zlib.crc32(kind)
            left = length
            while left:
                block = file.read(min(left, _BLOCK_BYTES))
                total = zlib.crc32(block, total)
                left -= len(block)
            if struct.unpack(">I", file.read(4))[0] != total:
                name = kind.decode("ascii", "replace")
                raise BrokenImageError(
                    f"{file_name} is damaged: the check sum of its {name} chunk is wrong.",
                    hint="Export or download it again.",
                )


def check_png_rows(path: Path, file_name: str, bits_a_pixel: int) -> None:
    """Raise BrokenImageError where the compressed pixels are fewer than the header claims; decoders only warn."""
    with path.open("rb") as file:
        file.seek(16)
        width, height, interlaced = struct.unpack(">II4xB", file.read(13))
        inflate = zlib.decompressobj()
        left = sum(_pass_bytes(width, height, bits_a_pixel, step) for step in (_ADAM7 if interlaced else _PLAIN))
        for kind, start, length in _chunks(file, path.stat().st_size, file_name):
            file.seek(start)
            data = file.read(length) if kind == b"IDAT" else b""
            while data and left > 0:
                left -= len(inflate.decompress(data, _BLOCK_BYTES))
                data = inflate.unconsumed_tail
    if left > 0:
        raise BrokenImageError(f"{file_name} lacks {left:,} bytes of its pixels.", hint="Export or download it again.")


def other_png_chunks(path: Path, file_name: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk that is not in `KEPT_CHUNKS`, of long ones the beginning.

    What lies behind the end of the image comes last, as a chunk without a kind. Raises BrokenImageError.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        end = 0
        for kind, start, length in _chunks(file, size, file_name):
            end = start + length + 4
            if kind not in KEPT_CHUNKS:
                file.seek(start)
                yield kind, file.read(min(length, _MOST_EXIF_BYTES))
        if end < size:
            file.seek(end)
            yield b"", file.read(min(size - end, _MOST_EXIF_BYTES))


def write_png_pixels(source: Path, target: Path, file_name: str, exif: bytes) -> None:
    """Copy the chunks in `KEPT_CHUNKS` as they are, with `exif` before the pixels. Raises BrokenImageError."""
    is_placed = not exif
    with source.open("rb") as file, target.open("wb") as copy:
        copy.write(b"\x89PNG\r\n\x1a\n")
        for kind, start, length in _chunks(file, source.stat().st_size, file_name):
            if kind == b"IDAT" and not is_placed:
                is_placed = True
                block = b"eXIf" + exif
                copy.write(struct.pack(">I", len(exif)) + block + struct.pack(">I", zlib.crc32(block)))
            if kind in KEPT_CHUNKS:
                file.seek(start - 8)
                left = length + 12
                while left:
                    block = file.read(min(left, _BLOCK_BYTES))
                    left -= len(block)
                    copy.write(block)


def _pass_bytes(width: int, height: int, bits_a_pixel: int, step: tuple[int, int, int, int]) -> int:
    """Return the bytes of one pass, each row with its filter byte; `step` is first column and row, and their steps."""
    first_x, first_y, step_x, step_y = step
    columns, rows = -((first_x - width) // step_x), -((first_y - height) // step_y)
    return rows * (1 + (columns * bits_a_pixel + 7) // 8) if columns > 0 and rows > 0 else 0


def _chunks(file: BinaryIO, size: int, file_name: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and length of the data of each chunk up to IEND, all of them within the file."""
    position = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(8)
        length, kind = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"")
        if len(head) < 8 or position + 12 + length > size:
            raise BrokenImageError(
                f"{file_name} is truncated after {size:,} bytes.", hint="Export or download it again."
            )
        yield kind, position + 8, length
        if kind == b"IEND":
            return
        position += 12 + length
    raise BrokenImageError(f"{file_name} has more than {_MOST_CHUNKS:,} chunks.")
