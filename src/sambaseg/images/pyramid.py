"""A layer of tiles on disk: one array (C, H, W) and its coarser levels, for viewing at any zoom.

Level k has ceil(size / 2^k) pixels a side; levels go on until both sides are at most one tile (256 px). Each level is
one ``.npy`` file, mapped into memory, beside a ``layer.json``. Nothing outside this file knows that, so that another
storage (sharded OME-Zarr) can take its place.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.reduction import Reduction, halve

TILE_PX = 256
_FORMAT = 1

Shape = tuple[int, int, int]


def level_shapes(shape_cyx: Shape) -> list[Shape]:
    """Return the shapes of all levels of an array, the finest first."""
    channels, height, width = shape_cyx
    shapes = [(channels, height, width)]
    while max(height, width) > TILE_PX:
        height, width = (height + 1) // 2, (width + 1) // 2
        shapes.append((channels, height, width))
    return shapes


class TileLayer:
    """The levels of one (C, H, W) array. Tiles of 256 px start at (0, 0); those at the far edges are smaller.

    Reading and writing different tiles from several threads at once is safe.
    """

    def __init__(self, folder: Path, arrays: list[NDArray[Any]], reduce: Reduction) -> None:
        self.folder = folder
        self.reduce: Reduction = reduce
        self._arrays = arrays
        self._reducing = threading.Lock()

    @classmethod
    def create(cls, folder: Path, shape_cyx: Shape, dtype: DTypeLike, reduce: Reduction = "mean") -> Self:
        """Make a layer of zeros in `folder`, which is created; its space on disk is reserved at once.

        `reduce` says how a coarser level is made: "mean" of the finite pixels of each 2 by 2 block, "nearest" takes the
        first pixel, "label" the id that most of the block has, counting 0 only where all four are 0.
        Raises ParameterError for an empty shape and StorageError where the disk is full or cannot be written.
        """
        if min(shape_cyx) < 1:
            raise ParameterError(f"A layer needs at least one channel, row and column, not the shape {shape_cyx}.")
        kind = np.dtype(dtype).newbyteorder("<")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for level, shape in enumerate(level_shapes(shape_cyx)):
                _create_array(_level_file(folder, level), shape, kind)
            header = {"format": _FORMAT, "shape_cyx": list(shape_cyx), "dtype": kind.str, "reduce": reduce}
            (folder / "layer.json").write_text(json.dumps(header), encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"There was no room for an image of {shape_cyx} pixels in {folder}: {error.strerror or error}.",
                hint="Free some space on the disk, or choose another folder for the projects.",
            ) from error
        return cls.open(folder, writable=True)

    @classmethod
    def open(cls, folder: Path, *, writable: bool = False) -> Self:
        """Open an existing layer. Raises StorageError where it is missing or damaged."""
        mode: Literal["r", "r+"] = "r+" if writable else "r"
        try:
            header = json.loads((folder / "layer.json").read_text(encoding="utf-8"))
            shape, kind, reduce = tuple(header["shape_cyx"]), np.dtype(header["dtype"]), header["reduce"]
            arrays = [np.load(_level_file(folder, k), mmap_mode=mode) for k in range(len(level_shapes(shape)))]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"The image layer in {folder} cannot be opened: {error}.") from error
        expected = level_shapes(shape)
        if [array.shape for array in arrays] != expected or any(array.dtype != kind for array in arrays):
            raise StorageError(f"The image layer in {folder} is damaged: its levels do not fit together.")
        return cls(folder, arrays, reduce)

    @property
    def levels(self) -> int:
        """Number of levels; 0 is the finest."""
        return len(self._arrays)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Kind of the samples."""
        return self._arrays[0].dtype

    def level_shape(self, level: int) -> Shape:
        """Return the shape (C, H, W) of a level."""
        channels, height, width = self._array(level).shape
        return channels, height, width

    def tile_counts(self, level: int) -> tuple[int, int]:
        """Return how many tiles a level has along y and x."""
        _, height, width = self.level_shape(level)
        return -(-height // TILE_PX), -(-width // TILE_PX)

    def array(self, level: int = 0) -> NDArray[Any]:
        """Return a whole level as a memory-mapped array (C, H, W)."""
        return self._array(level)

    def read_tile(self, level: int, ty: int, tx: int) -> NDArray[Any]:
        """Return a copy of one tile, (C, h, w). Raises ParameterError where there is no such tile."""
        array = self._array(level)
        rows, columns = self._tile_slices(array, ty, tx)
        return np.array(array[:, rows, columns], order="C")

    def read_region(self, level: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a copy of rows y0 to y1 - 1 and columns x0 to x1 - 1 of a level, (C, h, w), clipped to the level."""
        return np.array(self._array(level)[:, max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)], order="C")

    def write_tile(self, ty: int, tx: int, tile_cyx: NDArray[Any]) -> None:
        """Write one tile of the finest level; `reduce_above` brings the coarser levels up to date.

        Raises ParameterError where there is no such tile or the shape (C, h, w) is not the tile's.
        """
        array = self._array(0)
        rows, columns = self._tile_slices(array, ty, tx)
        target = array[:, rows, columns]
        if tile_cyx.shape != target.shape:
            raise ParameterError(f"Tile ({ty}, {tx}) has the shape {target.shape}, but got {tile_cyx.shape}.")
        target[...] = tile_cyx

    def reduce_above(self, ty: int, tx: int) -> None:
        """Make the coarser levels over one tile of the finest level anew."""
        rows, columns = self._tile_slices(self._array(0), ty, tx)
        y0, y1, x0, x1 = rows.start, rows.stop, columns.start, columns.stop
        with self._reducing:
            for fine, coarse in zip(self._arrays, self._arrays[1:], strict=False):
                y0, y1, x0, x1 = y0 // 2, (y1 + 1) // 2, x0 // 2, (x1 + 1) // 2
                block = fine[:, 2 * y0 : 2 * y1, 2 * x0 : 2 * x1]
                coarse[:, y0:y1, x0:x1] = halve(block, self.reduce)

    def write_array(self, image_cyx: NDArray[Any]) -> None:
        """Write the whole array (C, H, W) and all its coarser levels, in bands of rows, and flush it to the disk."""
        if image_cyx.shape != self.level_shape(0):
            raise ParameterError(f"The layer has the shape {self.level_shape(0)}, but got {image_cyx.shape}.")
        for y0 in range(0, image_cyx.shape[1], TILE_PX):
            self._arrays[0][:, y0 : y0 + TILE_PX] = image_cyx[:, y0 : y0 + TILE_PX]
        for fine, coarse in zip(self._arrays, self._arrays[1:], strict=False):
            for y0 in range(0, coarse.shape[1], TILE_PX):
                block = fine[:, 2 * y0 : 2 * (y0 + TILE_PX)]
                coarse[:, y0 : y0 + TILE_PX] = halve(block, self.reduce)
        self.flush()

    def flush(self) -> None:
        """Bring what was written to the disk."""
        for array in self._arrays:
            if isinstance(array, np.memmap):
                array.flush()

    def _array(self, level: int) -> NDArray[Any]:
        if not 0 <= level < len(self._arrays):
            raise ParameterError(f"The image has levels 0 to {len(self._arrays) - 1}, not {level}.")
        return self._arrays[level]

    def _tile_slices(self, array: NDArray[Any], ty: int, tx: int) -> tuple[slice, slice]:
        _, height, width = array.shape
        if not (0 <= ty * TILE_PX < height and 0 <= tx * TILE_PX < width):
            raise ParameterError(f"A level of {height} by {width} pixels has no tile ({ty}, {tx}).")
        y0, x0 = ty * TILE_PX, tx * TILE_PX
        return slice(y0, min(y0 + TILE_PX, height)), slice(x0, min(x0 + TILE_PX, width))


def _level_file(folder: Path, level: int) -> Path:
    return folder / f"level_{level}.npy"


def _create_array(path: Path, shape: Shape, dtype: np.dtype[Any]) -> None:
    """Create a file of zeros with all its space reserved: writing to a mapped file on a full disk ends the process."""
    np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape).flush()
    size = path.stat().st_size
    with path.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        data_start = size - int(np.prod(shape)) * dtype.itemsize
        zeros = bytes(1 << 20)
        file.seek(data_start)
        while (left := size - file.tell()) > 0:
            file.write(zeros[:left])
