"""Writing a tiled deflate TIFF of one or more pages whose tiles come in any order, none of them held.

Tiles are appended as they come; the directories of the pages follow at the end. Files whose pixels take more than 2 GB
are BigTIFF. What was written is read back and compared by checksums before the file takes its place.
"""

from __future__ import annotations

import contextlib
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.micrograph import PixelSize
from sambaseg.images.tiff_description import described, resolution, software

TILE_PX = 256
_CLASSIC_PIXEL_BYTES = 2**31
_SHORT, _LONG, _RATIONAL, _ASCII, _LONG8 = 3, 4, 5, 2, 16
_SIZE_OF_TYPE = {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _ASCII: 1, _LONG8: 8}
_DEFLATE, _MIN_IS_BLACK, _CENTIMETRE = 8, 1, 3
_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}


@contextlib.contextmanager
def open_tiff_writer(
    path: Path,
    shape_yx: tuple[int, int],
    dtype: DTypeLike,
    *,
    pages: int = 1,
    description: Mapping[str, Any],
    page_names: Sequence[str] = (),
    pixel_size_um: PixelSize | None = None,
) -> Iterator[TiffWriter]:
    """Yield a writer for `pages` grey images of one size; the file is at `path` when the block ends well.

    `description` becomes JSON in ImageDescription, beside the program's version and the pixel size, and `page_names`
    the tag PageName of each page. Raises ParameterError for an empty image or where the block ends before all tiles
    came, and StorageError where the file cannot be written; then nothing changed at `path`.
    """
    kind = np.dtype(dtype).newbyteorder("<")
    if min(*shape_yx, pages) < 1 or kind.kind not in _SAMPLE_FORMAT:
        raise ParameterError(f"A TIFF of {pages} pages of {shape_yx} pixels of {kind} cannot be written.")
    with replace_durably(path) as temporary:
        with temporary.open("w+b") as file:
            writer = TiffWriter(file, shape_yx, kind, pages)
            yield writer
            writer.finish(described(description, pixel_size_um), page_names, pixel_size_um)
        _check_written(path, temporary, writer)


class TiffWriter:
    """Takes tiles in any order, from any thread, or bands of rows from top to bottom."""

    def __init__(self, file: BinaryIO, shape_yx: tuple[int, int], dtype: np.dtype[Any], pages: int) -> None:
        self.shape_yx, self.dtype, self.pages = shape_yx, dtype, pages
        height, width = shape_yx
        self.tiles_yx = -(-height // TILE_PX), -(-width // TILE_PX)
        self._file = file
        self._access = threading.Lock()
        self._big = pages * height * width * dtype.itemsize > _CLASSIC_PIXEL_BYTES
        count = self.tiles_yx[0] * self.tiles_yx[1]
        self.offsets = np.zeros((pages, count), np.int64)
        self.lengths = np.zeros((pages, count), np.int64)
        self.checksums = np.zeros((pages, count), np.uint32)
        self._bands = [_Band(width, dtype) for _ in range(pages)]
        file.write(b"II+\0\x08\0\0\0" + bytes(8) if self._big else b"II*\0" + bytes(4))

    def write_tile(self, ty: int, tx: int, tile_yx: NDArray[Any], *, page: int = 0) -> None:
        """Write one tile (h, w) of a page; those at the far edges are smaller. Raises ParameterError and OSError."""
        import imagecodecs

        height, width = self.shape_yx
        expected = min(TILE_PX, height - ty * TILE_PX), min(TILE_PX, width - tx * TILE_PX)
        if ty < 0 or tx < 0 or not 0 <= page < self.pages or tile_yx.shape != expected:
            raise ParameterError(f"Page {page} has no tile ({ty}, {tx}) of the shape {tile_yx.shape}.")
        whole_yx = np.zeros((TILE_PX, TILE_PX), self.dtype)
        whole_yx[: expected[0], : expected[1]] = tile_yx
        encoded = bytes(imagecodecs.zlib_encode(whole_yx.tobytes(), level=6))
        number = ty * self.tiles_yx[1] + tx
        with self._access:
            if self.lengths[page, number]:
                raise ParameterError(f"The tile ({ty}, {tx}) of page {page} was written twice.")
            self.offsets[page, number] = self._file.tell()
            self.lengths[page, number] = len(encoded)
            self.checksums[page, number] = zlib.crc32(encoded)
            self._file.write(encoded)
            self._file.write(bytes(len(encoded) % 2))  # offsets are even, as the standard has it

    def write(self, rows_yx: NDArray[Any], *, page: int = 0) -> None:
        """Write the next rows (h, W) of a page, from top to bottom; from one thread a page."""
        if not 0 <= page < self.pages or rows_yx.ndim != 2 or rows_yx.shape[1] != self.shape_yx[1]:
            raise ParameterError(f"Rows of page {page} have {self.shape_yx[1]} pixels, not the shape {rows_yx.shape}.")
        band = self._bands[page]
        if band.top + band.filled + len(rows_yx) > self.shape_yx[0]:
            raise ParameterError(f"Page {page} has {self.shape_yx[0]} rows, but got more.")
        taken = 0
        while taken < len(rows_yx):
            taken += band.take(rows_yx[taken:])
            if band.filled in (TILE_PX, self.shape_yx[0] - band.top):
                for tx in range(self.tiles_yx[1]):
                    tile_yx = band.rows_yx[: band.filled, tx * TILE_PX : (tx + 1) * TILE_PX]
                    self.write_tile(band.top // TILE_PX, tx, tile_yx, page=page)
                band.next()

    def finish(self, text: str, page_names: Sequence[str], pixel_size_um: PixelSize | None) -> None:
        """Write the directories. Raises ParameterError where tiles are missing."""
        missing = int(np.count_nonzero(self.lengths == 0))
        if missing:
            raise ParameterError(f"{missing} of {self.lengths.size} tiles of the image were never written.")
        link_at = 8 if self._big else 4
        for page in range(self.pages):
            tags = self._tags(page, pixel_size_um)
            if page == 0:
                tags[270] = _ascii(text)
                tags[305] = _ascii(software())
            if page < len(page_names):
                tags[285] = _ascii(page_names[page])
            link_at = self._write_directory(tags, link_at)

    def _tags(self, page: int, pixel_size_um: PixelSize | None) -> dict[int, _Tag]:
        height, width = self.shape_yx
        wide = _LONG8 if self._big else _LONG
        tags = {
            254: _numbers(_LONG, [0]),
            256: _numbers(_LONG, [width]),
            257: _numbers(_LONG, [height]),
            258: _numbers(_SHORT, [self.dtype.itemsize * 8]),
            259: _numbers(_SHORT, [_DEFLATE]),
            262: _numbers(_SHORT, [_MIN_IS_BLACK]),
            277: _numbers(_SHORT, [1]),
            322: _numbers(_SHORT, [TILE_PX]),
            323: _numbers(_SHORT, [TILE_PX]),
            324: _numbers(wide, self.offsets[page]),
            325: _numbers(wide, self.lengths[page]),
            339: _numbers(_SHORT, [_SAMPLE_FORMAT[self.dtype.kind]]),
        }
        stated = resolution(pixel_size_um)
        if stated is not None:
            tags[282], tags[283] = (_Tag(_RATIONAL, 1, struct.pack("<II", *value)) for value in stated)
            tags[296] = _numbers(_SHORT, [_CENTIMETRE])
        return tags

    def _write_directory(self, tags: Mapping[int, _Tag], link_at: int) -> int:
        """Write a directory behind what there is, link to it, and return where the next link goes."""
        counts, entry, word = ("<Q", "<HHQ", "<Q") if self._big else ("<H", "<HHI", "<I")
        word_bytes = struct.calcsize(word)
        file = self._file
        start = file.seek(0, 2)
        entries = bytearray(struct.pack(counts, len(tags)))
        values_at = start + len(entries) + len(tags) * (struct.calcsize(entry) + word_bytes) + word_bytes
        values = bytearray()
        for number in sorted(tags):
            tag = tags[number]
            entries += struct.pack(entry, number, tag.kind, tag.count)
            if len(tag.data) <= word_bytes:
                entries += tag.data.ljust(word_bytes, b"\0")
            else:
                entries += struct.pack(word, values_at + len(values))
                values += tag.data + bytes(len(tag.data) % 2)
        next_link = start + len(entries)
        try:
            file.write(bytes(entries) + bytes(word_bytes) + bytes(values))
            file.seek(link_at)
            file.write(struct.pack(word, start))
        except struct.error as error:
            raise StorageError("The image is too large for the TIFF that was begun for it.") from error
        return next_link


@dataclass(frozen=True)
class _Tag:
    kind: int
    count: int
    data: bytes


class _Band:
    """Rows of a page that wait until a row of tiles is whole."""

    def __init__(self, width: int, dtype: np.dtype[Any]) -> None:
        self._width, self._dtype = width, dtype
        self._rows_yx: NDArray[Any] | None = None
        self.top = self.filled = 0

    @property
    def rows_yx(self) -> NDArray[Any]:
        if self._rows_yx is None:
            self._rows_yx = np.empty((TILE_PX, self._width), self._dtype)
        return self._rows_yx

    def take(self, rows_yx: NDArray[Any]) -> int:
        """Take as many rows as fit; return how many."""
        count = min(len(rows_yx), TILE_PX - self.filled)
        self.rows_yx[self.filled : self.filled + count] = rows_yx[:count]
        self.filled += count
        return count

    def next(self) -> None:
        self.top, self.filled, self._rows_yx = self.top + self.filled, 0, None


def _numbers(kind: int, values: Sequence[int] | NDArray[np.int64]) -> _Tag:
    array = np.asarray(values, np.int64)
    return _Tag(kind, len(array), array.astype(f"<u{_SIZE_OF_TYPE[kind]}").tobytes())


def _ascii(text: str) -> _Tag:
    data = text.encode("ascii", "backslashreplace") + b"\0"
    return _Tag(_ASCII, len(data), data)


def _check_written(path: Path, temporary: Path, writer: TiffWriter) -> None:
    """Read the file back. Raises StorageError where it is not what was written."""
    import tifffile

    height, width = writer.shape_yx
    with tifffile.TiffFile(temporary) as written, temporary.open("rb") as file:
        same = len(written.pages) == writer.pages
        for page in range(writer.pages if same else 0):
            found = written.pages[page].aspage()
            same &= found.shape == (height, width) and found.dtype == writer.dtype.newbyteorder("=")
            same &= np.array_equal(found.dataoffsets, writer.offsets[page])
            for offset, length, checksum in zip(
                writer.offsets[page], writer.lengths[page], writer.checksums[page], strict=True
            ):
                file.seek(int(offset))
                same &= zlib.crc32(file.read(int(length))) == checksum
    if not same:
        raise StorageError(f"{path.name} was not saved: what was written could not be read back.")
