"""A layer of tiles on disk: one array (C, H, W) and its coarser levels, for viewing at any zoom.

Level k has ceil(size / 2^k) pixels a side; levels go on until both sides are at most one tile (256 px). The folder is
an OME-Zarr 0.5 image: level k is the array ``k`` of chunks of one tile, 4 by 4 of them in a shard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.micrograph import PixelSize
from sambaseg.images.pixels import Pixels, RegionPixels, Shape
from sambaseg.images.reduction import Reduction, halve
from sambaseg.images.stored_levels import BUFFER_BYTES, ShardKey, StoredLevels, TileSpan
from sambaseg.images.zarr_metadata import (
    CHUNK_PX,
    FILE_NAME,
    SHARD_PX,
    array_metadata,
    describes_level,
    group_metadata,
    read_metadata,
    write_metadata,
)

TILE_PX = CHUNK_PX
BLOCK_PX = SHARD_PX
"""Side of the blocks that are quickest to write: one shard."""
_FORMAT = 2


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

    All methods may be called from any thread. What was written is seen by readers of the same object at once, and by
    others after `flush`.
    """

    def __init__(
        self,
        folder: Path,
        shapes: list[Shape],
        dtype: np.dtype[Any],
        reduce: Reduction,
        *,
        finest: Pixels | None = None,
        writable: bool = False,
        buffer_bytes: int = BUFFER_BYTES,
    ) -> None:
        self.folder = folder
        self.reduce: Reduction = reduce
        self.dtype = dtype
        self._shapes = shapes
        self._finest = finest
        self._writable = writable
        self._stored = StoredLevels(folder, shapes, dtype, buffer_bytes=buffer_bytes)

    @classmethod
    def create(
        cls,
        folder: Path,
        shape_cyx: Shape,
        dtype: DTypeLike,
        reduce: Reduction = "mean",
        *,
        finest: Pixels | None = None,
        pixel_size_um: PixelSize | None = None,
        name: str = "",
        extra: Mapping[str, Any] | None = None,
    ) -> Self:
        """Make a layer of zeros in `folder`, which is created.

        `reduce` says how a coarser level is made: "mean" of the finite pixels of each 2 by 2 block, "nearest" takes the
        first pixel, "label" the id that most of the block has, counting 0 only where all four are 0. With `finest`, of
        the same shape and dtype, the finest level is read from there and never stored. `pixel_size_um`, `name` and
        `extra` ("omero", "image-label") are for other programs that read OME-Zarr.
        Raises ParameterError for an empty shape and StorageError where the folder cannot be written.
        """
        if min(shape_cyx) < 1:
            raise ParameterError(f"A layer needs at least one channel, row and column, not the shape {shape_cyx}.")
        kind = np.dtype(dtype).newbyteorder("=")
        shapes = level_shapes(shape_cyx)
        first = 0 if finest is None else 1
        own = {
            "format": _FORMAT,
            "shape_cyx": list(shape_cyx),
            "dtype": kind.name,
            "reduce": reduce,
            "finest_stored": finest is None,
        }
        paths = {level: str(level) for level in range(first, len(shapes))}
        try:
            for level in paths:
                write_metadata(folder / str(level), array_metadata(shapes[level], kind))
                for channel in range(shape_cyx[0]):
                    (folder / str(level) / "c" / str(channel)).mkdir(parents=True, exist_ok=True)
            values = group_metadata(paths, name=name, reduce=reduce, pixel_size_um=pixel_size_um, own=own, extra=extra)
            write_metadata(folder, values)
        except OSError as error:
            raise StorageError(
                f"There was no room for an image of {shape_cyx} pixels in {folder}: {error.strerror or error}.",
                hint="Free some space on the disk, or choose another folder for the projects.",
            ) from error
        layer = cls.open(folder, writable=True, finest=finest)
        layer._stored.note_written(folder / path / FILE_NAME for path in ("", *paths.values()))
        return layer

    @classmethod
    def open(cls, folder: Path, *, writable: bool = False, finest: Pixels | None = None) -> Self:
        """Open an existing layer; `finest` is where its finest level is read from, unless it is stored.

        Raises StorageError where the layer is missing, damaged or of an earlier format (see `upgrade`), or where
        `finest` is missing or does not fit.
        """
        try:
            own = read_metadata(folder)["attributes"]["sambaseg"]
            kind, reduce = np.dtype(own["dtype"]), own["reduce"]
            channels, height, width = (int(size) for size in own["shape_cyx"])
            shapes = level_shapes((channels, height, width))
            stored = own["finest_stored"]
            levels = {level: read_metadata(folder / str(level)) for level in range(0 if stored else 1, len(shapes))}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"The image layer in {folder} cannot be opened: {error}.") from error
        if not all(describes_level(values, shapes[level], kind) for level, values in levels.items()):
            raise StorageError(f"The image layer in {folder} is damaged: its levels do not fit together.")
        if not stored:
            _check_finest(folder, finest, shapes[0], kind)
        return cls(folder, shapes, kind, reduce, finest=None if stored else finest, writable=writable)

    @staticmethod
    def upgrade(folder: Path) -> bool:
        """Bring a layer of an earlier format to the present one; see `upgrade_layer`."""
        from sambaseg.images.layer_upgrade import upgrade_layer

        return upgrade_layer(folder)

    @property
    def levels(self) -> int:
        """Number of levels; 0 is the finest."""
        return len(self._shapes)

    def level_shape(self, level: int) -> Shape:
        """Return the shape (C, H, W) of a level."""
        if not 0 <= level < len(self._shapes):
            raise ParameterError(f"The image has levels 0 to {len(self._shapes) - 1}, not {level}.")
        return self._shapes[level]

    def tile_counts(self, level: int) -> tuple[int, int]:
        """Return how many tiles a level has along y and x."""
        _, height, width = self.level_shape(level)
        return -(-height // TILE_PX), -(-width // TILE_PX)

    def pixels(self, level: int = 0) -> Pixels:
        """Return a level whose pixels are read when they are asked for."""
        if level == 0 and self._finest is not None:
            return self._finest
        return _LevelPixels(self, level)

    def array(self, level: int = 0) -> NDArray[Any]:
        """Return a whole level (C, H, W), loaded into memory."""
        _, height, width = self.level_shape(level)
        return self._read(level, 0, height, 0, width)

    def read_tile(self, level: int, ty: int, tx: int) -> NDArray[Any]:
        """Return a copy of one tile, (C, h, w). Raises ParameterError where there is no such tile."""
        return self._read(level, *self._tile_bounds(level, ty, tx))

    def read_region(self, level: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a copy of rows y0 to y1 - 1 and columns x0 to x1 - 1 of a level, (C, h, w), clipped to the level."""
        _, height, width = self.level_shape(level)
        top, left = min(max(y0, 0), height), min(max(x0, 0), width)
        return self._read(level, top, max(min(y1, height), top), left, max(min(x1, width), left))

    def write_tile(self, ty: int, tx: int, tile_cyx: NDArray[Any]) -> None:
        """Write one tile of the finest level; `reduce_above` brings the coarser levels up to date.

        Raises ParameterError where there is no such tile or the shape (C, h, w) is not the tile's, ValueError for a
        layer that was opened for reading, and StorageError.
        """
        y0, y1, x0, x1 = self._tile_bounds(0, ty, tx)
        shape = self._shapes[0][0], y1 - y0, x1 - x0
        if tile_cyx.shape != shape:
            raise ParameterError(f"Tile ({ty}, {tx}) has the shape {shape}, but got {tile_cyx.shape}.")
        self._refuse_reading_only()
        if self._finest is not None:
            raise ValueError("The finest level of this layer is read from elsewhere and cannot be written.")
        sources = ty, ty + 1, tx, tx + 1
        with self._stored.changing(sources):
            self._stored.write(0, y0, x0, tile_cyx, sources)

    def reduce_above(self, ty: int, tx: int) -> None:
        """Make the coarser levels over one tile of the finest level anew. Raises as `write_tile` does."""
        y0, y1, x0, x1 = self._tile_bounds(0, ty, tx)
        self._refuse_reading_only()
        sources = ty, ty + 1, tx, tx + 1
        with self._stored.changing(sources):
            self._reduce(y0, x0, self._read(0, y0, y1, x0, x1), sources)

    def write_block(self, ty: int, tx: int, block_cyx: NDArray[Any]) -> None:
        """Write whole tiles of the finest level, the first of which is (ty, tx), and the coarser levels over them.

        Where the finest level is read from elsewhere, `block_cyx` (C, h, w) is what is there, and only the coarser
        levels are written. Raises as `write_tile` does.
        """
        y0, _, x0, _ = self._tile_bounds(0, ty, tx)
        channels, height, width = self._shapes[0]
        y1, x1 = y0 + block_cyx.shape[1], x0 + block_cyx.shape[2]
        whole = (y1 == height or (y1 < height and y1 % TILE_PX == 0)) and (
            x1 == width or (x1 < width and x1 % TILE_PX == 0)
        )
        if not whole or block_cyx.shape[0] != channels or y1 <= y0 or x1 <= x0:
            raise ParameterError(f"A block of the shape {block_cyx.shape} at tile ({ty}, {tx}) is no whole tiles.")
        self._refuse_reading_only()
        sources = ty, -(-y1 // TILE_PX), tx, -(-x1 // TILE_PX)
        coarser = self._halvings(y0, x0, block_cyx)
        with self._stored.changing(sources):
            if self._finest is None:
                self._stored.write(0, y0, x0, block_cyx, sources)
            self._reduce(y0, x0, block_cyx, sources, coarser)

    def write_array(self, image_cyx: Pixels) -> None:
        """Write the whole array (C, H, W) and all its coarser levels, block by block, and flush it to the disk."""
        if tuple(image_cyx.shape) != self.level_shape(0):
            raise ParameterError(f"The layer has the shape {self.level_shape(0)}, but got {tuple(image_cyx.shape)}.")
        step = BLOCK_PX // TILE_PX
        rows, columns = self.tile_counts(0)
        for ty in range(0, rows, step):
            for tx in range(0, columns, step):
                y0, x0 = ty * TILE_PX, tx * TILE_PX
                self.write_block(ty, tx, image_cyx[:, y0 : y0 + BLOCK_PX, x0 : x0 + BLOCK_PX])
        self.flush()

    def describe(self, extra: Mapping[str, Any]) -> None:
        """Add to what other programs are told of the image; see `create`. Raises StorageError."""
        try:
            values = read_metadata(self.folder)
            values["attributes"]["ome"].update(extra)
            write_metadata(self.folder, values)
        except (OSError, ValueError) as error:
            raise StorageError(f"The image layer in {self.folder} cannot be described: {error}.") from error
        self._stored.note_written([self.folder / FILE_NAME])

    def tell_whole_shards(self, tell: Callable[[ShardKey], None]) -> None:
        """Call `tell` with each shard that everything has come for, once it is on the disk; from any thread."""
        self._stored.on_whole_shard = tell

    def flush(self) -> None:
        """Bring what was written to the disk. Raises StorageError."""
        self._stored.flush()

    def _read(self, level: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        self.level_shape(level)
        if level == 0 and self._finest is not None:
            return np.array(self._finest[:, y0:y1, x0:x1], order="C")
        return self._stored.read(level, y0, y1, x0, x1)

    def _halvings(self, y0: int, x0: int, block_cyx: NDArray[Any]) -> list[NDArray[Any]]:
        """Return what a block of whole tiles becomes on the coarser levels, as far as it stands for itself there."""
        coarser: list[NDArray[Any]] = []
        for level in range(1, len(self._shapes)):
            side = 1 << level
            alone = y0 % side == 0 and x0 % side == 0
            ends = (y0 + block_cyx.shape[1], self._shapes[0][1]), (x0 + block_cyx.shape[2], self._shapes[0][2])
            if not alone or any(end != size and end % side for end, size in ends):
                break
            coarser.append(halve(coarser[-1] if coarser else block_cyx, self.reduce))
        return coarser

    def _reduce(
        self,
        y0: int,
        x0: int,
        block_cyx: NDArray[Any],
        sources: TileSpan,
        coarser: list[NDArray[Any]] | None = None,
    ) -> None:
        """Write the levels over a block of whole tiles of the finest level, which begins at (y0, x0)."""
        blocks = self._halvings(y0, x0, block_cyx) if coarser is None else coarser
        y1, x1 = y0 + block_cyx.shape[1], x0 + block_cyx.shape[2]
        for level in range(1, len(self._shapes)):
            y0, y1, x0, x1 = y0 // 2, (y1 + 1) // 2, x0 // 2, (x1 + 1) // 2
            if level <= len(blocks):
                block = blocks[level - 1]
            else:
                _, height, width = self._shapes[level - 1]
                block = halve(
                    self._read(level - 1, 2 * y0, min(2 * y1, height), 2 * x0, min(2 * x1, width)), self.reduce
                )
            self._stored.write(level, y0, x0, block, sources)

    def _refuse_reading_only(self) -> None:
        if not self._writable:
            raise ValueError("The layer is read-only: it was opened for reading.")

    def _tile_bounds(self, level: int, ty: int, tx: int) -> tuple[int, int, int, int]:
        _, height, width = self.level_shape(level)
        if not (0 <= ty * TILE_PX < height and 0 <= tx * TILE_PX < width):
            raise ParameterError(f"A level of {height} by {width} pixels has no tile ({ty}, {tx}).")
        y0, x0 = ty * TILE_PX, tx * TILE_PX
        return y0, min(y0 + TILE_PX, height), x0, min(x0 + TILE_PX, width)


class _LevelPixels(RegionPixels):
    """One level of a layer."""

    def __init__(self, layer: TileLayer, level: int) -> None:
        super().__init__(layer.level_shape(level), layer.dtype)
        self._layer, self._level = layer, level

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        return self._layer.read_region(self._level, y0, y1, x0, x1)


def _check_finest(folder: Path, finest: Pixels | None, shape: Shape, dtype: np.dtype[Any]) -> None:
    if finest is None:
        raise StorageError(f"The image layer in {folder} does not hold the finest level; its source is needed.")
    if tuple(finest.shape) != shape or finest.dtype != dtype:
        raise StorageError(
            f"The image layer in {folder} is of {shape} pixels of {dtype}, "
            f"but its source has {tuple(finest.shape)} of {finest.dtype}."
        )
