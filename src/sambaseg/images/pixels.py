"""Pixels that need not be in memory: anything of shape (C, H, W) that gives its values for slices.

NumPy arrays are such pixels. `RegionPixels` is the base of those that lie in files: they say how a rectangle is read,
and get indexing from here.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import EllipsisType
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Shape = tuple[int, int, int]
Index = int | slice | EllipsisType
Key = Index | tuple[Index, ...]

_BAND_PX = 256
_SAMPLE_BYTES = 64 * 2**20


class Pixels(Protocol):
    """A read-only array (C, H, W) that can be indexed with whole numbers, slices with steps, and an ellipsis."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height, width."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Kind of the samples, in native byte order."""
        ...

    @property
    def ndim(self) -> int:
        """Number of axes, 3."""
        ...

    def __getitem__(self, key: Key, /) -> NDArray[Any]:
        """Return the values at `key`, as NumPy would. Raises IndexError."""
        ...


def sampling_step(height: int, width: int, most_pixels: int) -> int:
    """Return the step along both axes of a grid of at most about `most_pixels` of an image."""
    return max(1, math.ceil(math.sqrt(height * width / most_pixels)))


def sampled_channels(pixels_cyx: Pixels, most_pixels: int) -> Iterator[NDArray[Any]]:
    """Yield for each channel its pixels on a regular grid, every one in at most about `most_pixels`.

    The grid is ``[::step, ::step]`` with the same step along both axes, so that it does not matter how pixels are kept.
    """
    channels, height, width = pixels_cyx.shape
    step = sampling_step(height, width, most_pixels)
    each_bytes = -(-height // step) * -(-width // step) * pixels_cyx.dtype.itemsize
    together = max(1, _SAMPLE_BYTES // max(1, each_bytes))  # files hold channels side by side
    for first in range(0, channels, together):
        yield from pixels_cyx[first : first + together, ::step, ::step]


class RegionPixels(ABC):
    """Pixels in a file. May be read from several threads at once.

    ``grain`` says how many rows and columns are read at the least, whatever is asked for.
    """

    ndim = 3
    grain: tuple[int, int]

    def __init__(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.shape: Shape = shape
        self.dtype = dtype
        self.grain = (_BAND_PX, _BAND_PX)

    @abstractmethod
    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return rows y0 to y1 - 1 and columns x0 to x1 - 1 as a new array (C, h, w), all inside the image."""

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels, were they in memory."""
        channels, height, width = self.shape
        return channels * height * width * self.dtype.itemsize

    def load(self) -> NDArray[Any]:
        """Return all pixels (C, H, W), C-contiguous, read band by band."""
        return self[:]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Key) -> NDArray[Any]:
        """Return the values at `key`; rows that a step leaves out are not held. Raises IndexError."""
        channels, rows, columns = (_as_range(index, size) for index, size in zip(_full(key), self.shape, strict=True))
        kept = tuple(0 if isinstance(index, int | np.integer) else slice(None) for index in _full(key))
        return self._pick(channels, rows, columns)[kept]

    def __array__(self, dtype: object = None, copy: object = None) -> NDArray[Any]:
        raise TypeError("These pixels lie in a file; load() brings all of them into memory.")

    def _pick(self, channels: range, rows: range, columns: range) -> NDArray[Any]:
        picked = np.empty((len(channels), len(rows), len(columns)), self.dtype)
        if picked.size == 0:
            return picked
        channel_slice, column_slice = _as_slice(channels), _as_slice(columns, min(columns))
        x0, x1 = min(columns), max(columns) + 1
        first = 0
        while first < len(rows):
            last = _last_in_band(rows, first)
            y0, y1 = sorted((rows[first], rows[last]))
            band = self.read(y0, y1 + 1, x0, x1)
            chosen = _as_slice(rows[first : last + 1], y0)
            picked[:, first : last + 1] = band[channel_slice, chosen, column_slice]
            first = last + 1
        return picked


class BandedPixels(RegionPixels):
    """One channel that a function gives by whole rows: ``read_rows(y0, y1)`` returns rows y0 to y1 - 1 as (h, W)."""

    def __init__(
        self, shape_yx: tuple[int, int], dtype: DTypeLike, read_rows: Callable[[int, int], NDArray[Any]]
    ) -> None:
        super().__init__((1, *shape_yx), np.dtype(dtype))
        self.grain = 1, shape_yx[1]
        self._read_rows = read_rows

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        return np.asarray(self._read_rows(y0, y1), self.dtype)[np.newaxis, :, x0:x1]


def _last_in_band(rows: range, first: int) -> int:
    """Return the last position in `rows` that lies in the same band of an image as position `first`."""
    band = rows[first] // _BAND_PX
    edge = band * _BAND_PX if rows.step < 0 else (band + 1) * _BAND_PX - 1
    return min(first + (edge - rows[first]) // rows.step, len(rows) - 1)


def _full(key: Key) -> tuple[int | slice, ...]:
    """Return one index for each of three axes. Raises IndexError for too many and for kinds that are not known."""
    parts: tuple[Index, ...] = key if isinstance(key, tuple) else (key,)
    dots = [position for position, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1 or len(parts) - len(dots) > 3:
        raise IndexError(f"Pixels have the three axes channel, row and column, not as many as in {key!r}.")
    missing = (slice(None),) * (3 - len(parts) + len(dots))
    at = dots[0] if dots else len(parts)
    indices = (*parts[:at], *missing, *parts[at + len(dots) :])
    return tuple(part if isinstance(part, slice) else _whole(part) for part in indices)


def _whole(part: object) -> int:
    try:
        return operator.index(part)  # type: ignore[arg-type]
    except TypeError:
        raise IndexError(f"Pixels are indexed with whole numbers and slices, not with {part!r}.") from None


def _as_range(index: int | slice, size: int) -> range:
    if isinstance(index, slice):
        return range(size)[index]
    if not -size <= index < size:
        raise IndexError(f"An axis of {size} has no index {index}.")
    return range(index % size, index % size + 1)


def _as_slice(chosen: range, offset: int = 0) -> slice:
    """Return the slice that picks `chosen` from an axis that begins at `offset`."""
    stop = chosen.stop - offset
    return slice(chosen.start - offset, stop if stop >= 0 else None, chosen.step)
