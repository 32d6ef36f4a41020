"""Levels of an image in shards on disk, written back: shards that are not whole yet lie in memory.

A shard is written once everything that it is made from has come, and then leaves the memory; what is left is written
by `flush`, and the longest untouched where the memory runs out. A shard that was written can be changed again. Readers
find what is in memory first, so that they never see less than what was written.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import sync_files, sync_folder
from sambaseg.errors import StorageError
from sambaseg.images.pixels import Shape
from sambaseg.images.shards import CHUNKS, CHUNKS_A_SIDE, ShardReader, decode_chunk, encode_chunk, write_shard
from sambaseg.images.zarr_metadata import CHUNK_PX, SHARD_PX

BUFFER_BYTES = 64 * 2**20

ShardKey = tuple[int, int, int]
"""Level, and the shard's place along y and x; all channels together."""
TileSpan = tuple[int, int, int, int]
"""Tiles of the finest level: the first and the one after the last along y, then along x."""


@dataclass
class _OpenShard:
    """Tiles (C, h, w) of a shard by their number in it, and the tiles of the finest level that went into it."""

    tiles: dict[int, NDArray[Any]] = field(default_factory=dict)
    sources: set[tuple[int, int]] = field(default_factory=set)


class StoredLevels:
    """The levels in `folder`, each an array of its number. All methods may be called from any thread."""

    def __init__(
        self, folder: Path, shapes: Sequence[Shape], dtype: np.dtype[Any], *, buffer_bytes: int = BUFFER_BYTES
    ) -> None:
        self._folder = folder
        self._shapes = list(shapes)
        self._dtype = dtype
        self._stored_dtype = dtype.newbyteorder("<")
        self._buffer_bytes = buffer_bytes
        self._changed = threading.Condition(threading.RLock())
        self._open: OrderedDict[ShardKey, _OpenShard] = OrderedDict()
        self._queued: OrderedDict[ShardKey, _OpenShard] = OrderedDict()
        self._saving: dict[ShardKey, _OpenShard] = {}
        self._sources_of_evicted: dict[ShardKey, set[tuple[int, int]]] = {}
        self._held_bytes = 0
        self._not_synced: set[Path] = set()
        self.on_whole_shard: Callable[[ShardKey], None] = lambda _: None

    @contextlib.contextmanager
    def changing(self, sources: TileSpan) -> Iterator[None]:
        """Keep other writers out while the block writes what is made from `sources`; whole shards are saved after it.

        Raises StorageError where the disk is full or cannot be written; what was written stays in memory then.
        """
        with self._changed:
            keys = list(self._keys_over(sources))
            self._changed.wait_for(lambda: not any(key in self._saving for key in keys))
            yield
            self._queue_oldest()
        self._save_queued()

    def read(self, level: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Return a rectangle of a level, (C, h, w), which lies inside it. Raises StorageError for damaged files."""
        channels = self._shapes[level][0]
        region = np.empty((channels, y1 - y0, x1 - x0), self._dtype)
        if region.size == 0:
            return region
        for sy in range(y0 // SHARD_PX, (y1 - 1) // SHARD_PX + 1):
            for sx in range(x0 // SHARD_PX, (x1 - 1) // SHARD_PX + 1):
                self._read_from_shard((level, sy, sx), region, y0, x0)
        return region

    def write(self, level: int, y0: int, x0: int, block_cyx: NDArray[Any], sources: TileSpan) -> None:
        """Write a block at a place of a level, made from `sources`; only inside a `changing` block."""
        _, height, width = block_cyx.shape
        for ty in range(y0 // CHUNK_PX, (y0 + height - 1) // CHUNK_PX + 1):
            for tx in range(x0 // CHUNK_PX, (x0 + width - 1) // CHUNK_PX + 1):
                self._write_to_tile(level, ty, tx, block_cyx, y0, x0)
        s0y, s1y = y0 // SHARD_PX, (y0 + height - 1) // SHARD_PX
        s0x, s1x = x0 // SHARD_PX, (x0 + width - 1) // SHARD_PX
        for sy in range(s0y, s1y + 1):
            for sx in range(s0x, s1x + 1):
                self._add_sources((level, sy, sx), sources)

    def flush(self) -> None:
        """Bring everything to the disk. Raises StorageError."""
        with self._changed:
            self._queued.update(self._open)
            self._open.clear()
        self._save_queued()
        with self._changed:
            self._changed.wait_for(lambda: not self._saving)
            written, self._not_synced = self._not_synced, set()
        try:
            sync_files(sorted(written), missing_ok=True)  # all zero by now, or removed with the whole layer
            for folder in sorted({above for path in written for above in self._folders_above(path)}):
                with contextlib.suppress(FileNotFoundError):
                    sync_folder(folder)
        except OSError as error:
            with self._changed:
                self._not_synced |= written
            raise _could_not_write(self._folder, error) from error

    def note_written(self, paths: Iterable[Path]) -> None:
        """Let the next `flush` bring other files of the layer to the disk as well."""
        with self._changed:
            self._not_synced.update(paths)

    # places

    def _folders_above(self, path: Path) -> Iterator[Path]:
        """Yield the folders of the layer that a file lies in."""
        while path != self._folder:
            path = path.parent
            yield path

    def _tile_shape(self, level: int, ty: int, tx: int) -> Shape:
        channels, height, width = self._shapes[level]
        return channels, min(CHUNK_PX, height - ty * CHUNK_PX), min(CHUNK_PX, width - tx * CHUNK_PX)

    def _path(self, key: ShardKey, channel: int) -> Path:
        level, sy, sx = key
        return self._folder / str(level) / "c" / str(channel) / str(sy) / str(sx)

    def _covered(self, key: ShardKey) -> TileSpan:
        """Return the tiles of the finest level that a shard is made from."""
        level, sy, sx = key
        _, height, width = self._shapes[0]
        rows, columns = -(-height // CHUNK_PX), -(-width // CHUNK_PX)
        side = CHUNKS_A_SIDE << level
        return sy * side, min((sy + 1) * side, rows), sx * side, min((sx + 1) * side, columns)

    def _keys_over(self, sources: TileSpan) -> Iterator[ShardKey]:
        """Return the shards of all levels that tiles of the finest level go into."""
        ty0, ty1, tx0, tx1 = sources
        for level in range(len(self._shapes)):
            side = CHUNKS_A_SIDE << level
            for sy in range(ty0 // side, (ty1 - 1) // side + 1):
                for sx in range(tx0 // side, (tx1 - 1) // side + 1):
                    yield level, sy, sx

    # reading

    def _read_from_shard(self, key: ShardKey, region: NDArray[Any], y0: int, x0: int) -> None:
        """Put what a shard holds of `region`, which begins at (y0, x0), into it."""
        _, sy, sx = key
        _, height, width = region.shape
        first_y, last_y = max(sy * SHARD_PX, y0) // CHUNK_PX, (min((sy + 1) * SHARD_PX, y0 + height) - 1) // CHUNK_PX
        first_x, last_x = max(sx * SHARD_PX, x0) // CHUNK_PX, (min((sx + 1) * SHARD_PX, x0 + width) - 1) // CHUNK_PX
        wanted = [(ty, tx) for ty in range(first_y, last_y + 1) for tx in range(first_x, last_x + 1)]
        with self._changed:
            shard = self._shard_in_memory(key)
            if shard is not None:
                for ty, tx in list(wanted):
                    tile = shard.tiles.get(_number_in_shard(ty, tx))
                    if tile is not None:
                        _copy_overlap(tile, ty * CHUNK_PX, tx * CHUNK_PX, region, y0, x0)
                        wanted.remove((ty, tx))
        if wanted:
            for (ty, tx), tile in self._read_stored(key, wanted):
                _copy_overlap(tile, ty * CHUNK_PX, tx * CHUNK_PX, region, y0, x0)

    def _shard_in_memory(self, key: ShardKey) -> _OpenShard | None:
        return self._open.get(key) or self._queued.get(key) or self._saving.get(key)

    def _read_stored(
        self, key: ShardKey, tiles: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], NDArray[Any]]]:
        """Yield tiles (C, h, w) of a shard as they are on the disk, zeros where they are not."""
        level = key[0]
        found = {(ty, tx): np.zeros(self._tile_shape(level, ty, tx), self._dtype) for ty, tx in tiles}
        nbytes = CHUNK_PX**2 * self._dtype.itemsize
        for channel in range(self._shapes[level][0]):
            path = self._path(key, channel)
            with ShardReader(path) as reader:
                for (ty, tx), tile in found.items():
                    stored = reader.stored(_number_in_shard(ty, tx))
                    if stored is not None:
                        raw = np.frombuffer(decode_chunk(stored, nbytes, path), self._stored_dtype)
                        tile[channel] = raw.reshape(CHUNK_PX, CHUNK_PX)[: tile.shape[1], : tile.shape[2]]
        yield from found.items()

    # writing

    def _opened(self, key: ShardKey) -> _OpenShard:
        """Return a shard that may be changed; it is not being saved, see `changing`."""
        shard = self._open.get(key)
        if shard is None:
            shard = self._queued.pop(key, None) or _OpenShard(sources=self._sources_of_evicted.pop(key, set()))
            self._open[key] = shard
        self._open.move_to_end(key)
        return shard

    def _write_to_tile(self, level: int, ty: int, tx: int, block: NDArray[Any], y0: int, x0: int) -> None:
        """Put what a tile shares with a block, which begins at (y0, x0), into the tile."""
        key = level, ty // CHUNKS_A_SIDE, tx // CHUNKS_A_SIDE
        shard, number = self._opened(key), _number_in_shard(ty, tx)
        shape = self._tile_shape(level, ty, tx)
        if number not in shard.tiles:
            top, left = ty * CHUNK_PX, tx * CHUNK_PX
            covers = (
                y0 <= top
                and x0 <= left
                and top + shape[1] <= y0 + block.shape[1]
                and left + shape[2] <= x0 + block.shape[2]
            )
            if covers:
                shard.tiles[number] = np.empty(shape, self._dtype)
            else:
                ((_, shard.tiles[number]),) = self._read_stored(key, [(ty, tx)])
            self._held_bytes += shard.tiles[number].nbytes
        _copy_overlap(block, y0, x0, shard.tiles[number], ty * CHUNK_PX, tx * CHUNK_PX)

    def _add_sources(self, key: ShardKey, sources: TileSpan) -> None:
        """Note what went into a shard; one that is whole is queued to be saved."""
        shard = self._open[key]
        top, bottom, left, right = self._covered(key)
        ty0, ty1, tx0, tx1 = sources
        for ty in range(max(ty0, top), min(ty1, bottom)):
            for tx in range(max(tx0, left), min(tx1, right)):
                shard.sources.add((ty, tx))
        if self._is_whole(key, shard):
            self._queued[key] = self._open.pop(key)

    def _is_whole(self, key: ShardKey, shard: _OpenShard) -> bool:
        top, bottom, left, right = self._covered(key)
        return len(shard.sources) == (bottom - top) * (right - left)

    def _queue_oldest(self) -> None:
        """Queue the longest untouched shards until what stays fits into the buffer."""
        waiting = sum(_nbytes(shard) for shard in (*self._queued.values(), *self._saving.values()))
        staying = self._held_bytes - waiting
        while staying > self._buffer_bytes and len(self._open) > 1:
            key, shard = self._open.popitem(last=False)
            staying -= _nbytes(shard)
            self._queued[key] = shard
            self._sources_of_evicted[key] = shard.sources

    def _save_queued(self) -> None:
        """Write all queued shards, here or in the thread that has begun with one."""
        while True:
            with self._changed:
                if not self._queued:
                    return
                key, shard = self._queued.popitem(last=False)
                self._saving[key] = shard
            failure: OSError | StorageError | None = None
            try:
                self._save(key, shard)
            except (OSError, StorageError) as error:
                failure = error
            with self._changed:
                del self._saving[key]
                if failure is None:
                    self._held_bytes -= _nbytes(shard)
                else:
                    self._open[key] = shard
                self._changed.notify_all()
            if isinstance(failure, OSError):
                raise _could_not_write(self._folder, failure) from failure
            if failure is not None:
                raise failure
            if self._is_whole(key, shard):
                self.on_whole_shard(key)

    def _save(self, key: ShardKey, shard: _OpenShard) -> None:
        """Write a shard's files, one a channel; tiles that are not in memory stay as they are stored."""
        for channel in range(self._shapes[key[0]][0]):
            path = self._path(key, channel)
            chunks: list[bytes | None] = [None] * CHUNKS
            if len(shard.tiles) < CHUNKS:
                with ShardReader(path) as reader:
                    chunks = [reader.stored(number) for number in range(CHUNKS)]
            for number, tile in shard.tiles.items():
                chunks[number] = encode_chunk(_padded(tile[channel], self._stored_dtype))
            write_shard(path, chunks)
            with self._changed:
                self._not_synced.add(path)


def _number_in_shard(ty: int, tx: int) -> int:
    return ty % CHUNKS_A_SIDE * CHUNKS_A_SIDE + tx % CHUNKS_A_SIDE


def _nbytes(shard: _OpenShard) -> int:
    return sum(tile.nbytes for tile in shard.tiles.values())


def _padded(tile_yx: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a tile as it is stored: of full size, little-endian."""
    if tile_yx.shape == (CHUNK_PX, CHUNK_PX):
        return np.ascontiguousarray(tile_yx, dtype)
    padded = np.zeros((CHUNK_PX, CHUNK_PX), dtype)
    padded[: tile_yx.shape[0], : tile_yx.shape[1]] = tile_yx
    return padded


def _copy_overlap(
    source: NDArray[Any], source_y: int, source_x: int, target: NDArray[Any], target_y: int, target_x: int
) -> None:
    """Copy what two arrays (C, h, w) share; each begins at the place given."""
    y0, x0 = max(source_y, target_y), max(source_x, target_x)
    y1 = min(source_y + source.shape[1], target_y + target.shape[1])
    x1 = min(source_x + source.shape[2], target_x + target.shape[2])
    target[:, y0 - target_y : y1 - target_y, x0 - target_x : x1 - target_x] = source[
        :, y0 - source_y : y1 - source_y, x0 - source_x : x1 - source_x
    ]


def _could_not_write(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The tiles of an image could not be written in {folder}: {error.strerror or error}.",
        hint="Free some space on the disk, or choose another folder for the projects.",
    )
