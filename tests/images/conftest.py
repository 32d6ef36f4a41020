"""Small image files that the tests make."""

import struct
import zlib
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared/data"


@pytest.fixture
def shared_data():
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the shared data are not at {SHARED_DATA}")
    return SHARED_DATA


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.fixture
def make_png(tmp_path):
    """Write a PNG of raw rows, so that any bit depth and claimed size can be had."""

    def make(width, height, bits, colour_type, rows, *, before=(), after=(), interlaced=0, name="made.png"):
        header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, interlaced)
        body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
        chunks = [(b"IHDR", header), *before, (b"IDAT", body), *after, (b"IEND", b"")]
        path = tmp_path / name
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))
        return path

    return make


@pytest.fixture
def make_tiff(tmp_path):
    """Write a classic little-endian TIFF from tags (code, type, values) and data that begin at byte 8."""

    def make(tags, data=b"", *, next_ifd=0, name="made.tif"):
        sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 12: 8}
        codes = {3: "H", 4: "I", 12: "d"}
        data += b"\0" * (len(data) % 2)
        ifd_at = 8 + len(data)
        beyond_at = ifd_at + 2 + 12 * len(tags) + 4
        entries, beyond = b"", b""
        for code, kind, values in tags:
            raw = bytes(values) if kind in (1, 2, 5, 7) else struct.pack(f"<{len(values)}{codes[kind]}", *values)
            count = len(raw) // sizes[kind]
            if len(raw) <= 4:
                entries += struct.pack("<HHI", code, kind, count) + raw.ljust(4, b"\0")
            else:
                entries += struct.pack("<HHII", code, kind, count, beyond_at + len(beyond))
                beyond += raw + b"\0" * (len(raw) % 2)
        path = tmp_path / name
        directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_ifd)
        path.write_bytes(struct.pack("<2sHI", b"II", 42, ifd_at) + data + directory + beyond)
        return path

    return make
