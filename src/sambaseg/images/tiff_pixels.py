"""The pixels of a TIFF page, read where they are asked for: whole rows of raw data, or the strips and tiles around.

The file is opened for each reading, so that nothing stays open, and its size and time are compared: a file that
changed since its header was read is told by name. Decoded strips and tiles are kept within a stated budget.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError, MissingFileError
from sambaseg.images.embedded import embedded_pixels
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.samples import SampleLayout, picture_of
from sambaseg.images.source import named_errors

CACHE_BYTES = 64 * 2**20
LARGEST_SEGMENT_BYTES = 32 * 2**20
"""Compressed strips and tiles that are larger once decoded make a file one that is not read by parts."""
EMBEDDED_HEAD_BYTES = 65_536


class StoredPlane(Protocol):
    """One stored image, of which rectangles can be read."""

    @property
    def grain(self) -> tuple[int, int]:
        """Rows and columns that are read at the least."""
        ...

    def read(self, file: BinaryIO, cache: SegmentCache, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return the stored samples (S, h, w) of a rectangle, which may be changed."""
        ...


class SegmentCache:
    """Decoded segments, those that were used last, within a budget."""

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._access = threading.Lock()
        self._segments: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()

    def get(self, key: tuple[int, int]) -> NDArray[Any] | None:
        """Return a segment, if it is kept."""
        with self._access:
            segment = self._segments.get(key)
            if segment is not None:
                self._segments.move_to_end(key)
            return segment

    def put(self, key: tuple[int, int], segment: NDArray[Any]) -> None:
        """Keep a segment, and let go of those that were not used for longest."""
        with self._access:
            if key in self._segments or segment.nbytes > self._most_bytes:
                return
            self._segments[key] = segment
            self._held_bytes += segment.nbytes
            while self._held_bytes > self._most_bytes:
                self._held_bytes -= self._segments.popitem(last=False)[1].nbytes


@dataclass(frozen=True)
class RawPlane:
    """Samples as numbers one after the other, row by row; ``planar`` where each sample has a plane of its own."""

    offset: int
    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]
    planar: bool

    @property
    def grain(self) -> tuple[int, int]:
        """One row."""
        return 1, self.width

    def read(self, file: BinaryIO, cache: SegmentCache, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return samples (S, h, w) of a rectangle; nothing is kept in `cache`."""
        del cache
        each = 1 if self.planar else self.samples
        plane_bytes = self.height * self.width * self.dtype.itemsize
        planes = [
            self._read_rows(file, self.offset + plane * plane_bytes, each, y0, y1, x0, x1)
            for plane in range(self.samples if self.planar else 1)
        ]
        if self.planar:
            return np.stack([plane[:, :, 0] for plane in planes])
        return np.moveaxis(planes[0], -1, 0)

    def _read_rows(self, file: BinaryIO, offset: int, each: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return (h, w, each) of the rows that begin at `offset`."""
        pixel_bytes = each * self.dtype.itemsize
        row_bytes = self.width * pixel_bytes
        if 2 * (x1 - x0) >= self.width:
            rows = np.empty((y1 - y0, self.width, each), self.dtype)
            _fill(file, offset + y0 * row_bytes, rows)
            return rows[:, x0:x1]
        block = np.empty((y1 - y0, x1 - x0, each), self.dtype)
        for row in range(y1 - y0):
            _fill(file, offset + (y0 + row) * row_bytes + x0 * pixel_bytes, block[row])
        return block


@dataclass(frozen=True)
class SegmentedPlane:
    """Strips or tiles that are decoded one by one.

    `decode` is tifffile's, with further arguments `options`; ``most_pixels`` is what a segment that is an image file of
    its own may claim, None where segments are no such files.
    """

    number: int
    file_name: str
    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]
    planar: bool
    segment_height: int
    segment_width: int
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    decode: Callable[..., Any]
    options: Mapping[str, Any]
    most_pixels: int | None

    @property
    def grain(self) -> tuple[int, int]:
        """One segment."""
        return self.segment_height, self.segment_width

    def read(self, file: BinaryIO, cache: SegmentCache, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return samples (S, h, w) of a rectangle."""
        rows, columns = -(-self.height // self.segment_height), -(-self.width // self.segment_width)
        block = np.empty((self.samples, y1 - y0, x1 - x0), self.dtype)
        for plane in range(self.samples if self.planar else 1):
            target = block[plane : plane + 1] if self.planar else block
            for row in range(y0 // self.segment_height, (y1 - 1) // self.segment_height + 1):
                for column in range(x0 // self.segment_width, (x1 - 1) // self.segment_width + 1):
                    segment = self._segment(file, cache, (plane * rows + row) * columns + column)
                    top, left = row * self.segment_height, column * self.segment_width
                    a, b = max(top, y0), min(top + self.segment_height, y1)
                    c, d = max(left, x0), min(left + self.segment_width, x1)
                    part = segment[a - top : b - top, c - left : d - left]
                    if part.shape[:2] != (b - a, d - c) or part.shape[2] != len(target):
                        raise BrokenImageError(f"A piece of {self.file_name} holds too few pixels.")
                    target[:, a - y0 : b - y0, c - x0 : d - x0] = np.moveaxis(part, -1, 0)
        return block

    def _segment(self, file: BinaryIO, cache: SegmentCache, index: int) -> NDArray[Any]:
        """Return one decoded segment (h, w, samples)."""
        segment = cache.get((self.number, index))
        if segment is None:
            file.seek(int(self.offsets[index]))
            data = file.read(int(self.counts[index]))
            if self.most_pixels is not None:
                claimed = embedded_pixels(data[:EMBEDDED_HEAD_BYTES])
                if claimed is not None and claimed > self.most_pixels:
                    raise BrokenImageError(
                        f"A piece of {self.file_name} claims {claimed:,} pixels, more than the image has."
                    )
            decoded, _, _ = self.decode(data, index, **self.options)
            segment = decoded[0]
            cache.put((self.number, index), segment)
        return segment


class TiffPixels(RegionPixels):
    """The channels of one page. Raises BrokenImageError and MissingFileError where parts cannot be read."""

    def __init__(self, path: Path, file_name: str, layout: SampleLayout, planes: Sequence[StoredPlane]) -> None:
        channels = layout.channels * len(planes)
        super().__init__((channels, layout.height, layout.width), layout.picture_dtype)
        self.grain = planes[0].grain
        self._path, self._file_name = path, file_name
        self._layout, self._planes = layout, planes
        self._cache = SegmentCache()
        status = path.stat()
        self._state = status.st_size, status.st_mtime_ns

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        with named_errors(self._file_name), self._open() as file:
            parts = [picture_of(plane.read(file, self._cache, y0, y1, x0, x1), self._layout) for plane in self._planes]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _open(self) -> BinaryIO:
        try:
            file = self._path.open("rb", buffering=0)
        except OSError as error:
            raise MissingFileError(
                f"{self._file_name} cannot be read any more: {error.strerror or error}.",
                hint=f"It was expected at {self._path}.",
            ) from error
        status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) != self._state:
            file.close()
            raise BrokenImageError(
                f"{self._file_name} was changed while it was in use.", hint="Open it again, as a new image."
            )
        return file


def _fill(file: BinaryIO, offset: int, array: NDArray[Any]) -> None:
    """Fill a C-contiguous array from a place in a file. Raises EOFError where the file ends."""
    file.seek(offset)
    view = array.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(view):
        count = file.readinto(view[filled:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError("the file ends within its pixels")
        filled += count
