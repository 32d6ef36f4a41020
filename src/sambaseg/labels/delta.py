"""Deltas: which pixels a step changed, with their classes before and after: to be stored, taken back, and repeated.

The bytes of a tile's delta are zlib-compressed columns (starts, lengths - 1 as little-endian uint16; before, after as
uint8); zlib's checksum makes damage known.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import LabelRunsError
from sambaseg.labels.runs import TILE_PIXELS, Runs

TileKey = tuple[int, int]
"""Row and column of a tile: (ty, tx)."""

Tile = NDArray[np.uint8]
"""Class ids of one tile, shape (256, 256), 0 where unlabelled; never changed in place."""

_BYTES_PER_RUN = 6


def merge_tiles(mask: NDArray[np.bool_], chosen: Tile | np.uint8, other: Tile) -> Tile:
    """Return `chosen` where `mask` and else `other`, as `numpy.where` does, five times as fast for bytes."""
    bits = mask.view(np.uint8) * np.uint8(255)
    bits &= other ^ chosen
    bits ^= other
    return bits


@dataclass(frozen=True, eq=False)
class TileDelta:
    """Changed pixels of one tile as runs, each of one class before and another after (uint8, 0 = unlabelled)."""

    key: TileKey
    runs: Runs
    before_n: NDArray[np.uint8]
    after_n: NDArray[np.uint8]

    @classmethod
    def between(cls, key: TileKey, before: Tile, after: Tile) -> TileDelta:
        """Return what leads from tile `before` to tile `after`."""
        old, new = before.ravel(), after.ravel()
        differs = old != new
        borders = (old[1:] != old[:-1]) | (new[1:] != new[:-1])
        borders &= differs[1:] | differs[:-1]
        starts_n = np.append(0, np.flatnonzero(borders) + 1).astype(np.int32)
        lengths_n = np.diff(np.append(starts_n, np.int32(TILE_PIXELS)))
        changed_n = differs[starts_n]
        starts_n, lengths_n = starts_n[changed_n], lengths_n[changed_n]
        return cls(key, Runs(starts_n, lengths_n), old[starts_n], new[starts_n])

    def reversed(self) -> TileDelta:
        """Return the delta that takes this one back."""
        return TileDelta(self.key, self.runs, self.after_n, self.before_n)

    def applied_to(self, tile: Tile) -> Tile:
        """Return `tile` with the classes after the step in those changed pixels that still hold the class before it."""
        expected = self.runs.spread(self.before_n)
        target = self.runs.spread(self.after_n)
        return merge_tiles(self.runs.to_mask() & (tile == expected), target, tile)

    def count_changes(self) -> NDArray[np.int64]:
        """Return by how many pixels each of the 256 classes grows, int64, shape (256,)."""
        gained = np.bincount(self.after_n, weights=self.runs.lengths_n, minlength=256)
        lost = np.bincount(self.before_n, weights=self.runs.lengths_n, minlength=256)
        return (gained - lost).astype(np.int64)

    def to_bytes(self) -> bytes:
        """Return the delta, without its tile's place, as bytes."""
        columns = (
            self.runs.starts_n.astype("<u2").tobytes(),
            (self.runs.lengths_n - 1).astype("<u2").tobytes(),
            self.before_n.tobytes(),
            self.after_n.tobytes(),
        )
        return zlib.compress(b"".join(columns), 1)

    @classmethod
    def from_bytes(cls, key: TileKey, data: bytes) -> TileDelta:
        """Return what `to_bytes` wrote. Raises LabelRunsError where the bytes are damaged."""
        try:
            columns = zlib.decompress(data)
        except zlib.error as error:
            raise LabelRunsError(f"The stored change of tile {key} is damaged: {error}.") from error
        count, rest = divmod(len(columns), _BYTES_PER_RUN)
        if rest:
            raise LabelRunsError(
                f"The stored change of tile {key} has {len(columns)} bytes, not a multiple of {_BYTES_PER_RUN}."
            )
        starts_n = np.frombuffer(columns, "<u2", count).astype(np.int32)
        lengths_n = np.frombuffer(columns, "<u2", count, offset=2 * count).astype(np.int32) + 1
        before_n = np.frombuffer(columns, np.uint8, count, offset=4 * count)
        after_n = np.frombuffer(columns, np.uint8, count, offset=5 * count)
        return cls(key, Runs(starts_n, lengths_n), before_n, after_n)


@dataclass(frozen=True, eq=False)
class Delta:
    """What a step changed in one layer; tiles without a change are not listed."""

    tiles: tuple[TileDelta, ...] = ()

    @property
    def keys(self) -> tuple[TileKey, ...]:
        """The tiles that changed."""
        return tuple(tile.key for tile in self.tiles)

    @property
    def pixels(self) -> int:
        """Number of changed pixels."""
        return sum(tile.runs.pixels for tile in self.tiles)

    def reversed(self) -> Delta:
        """Return the delta that takes this one back."""
        return Delta(tuple(tile.reversed() for tile in self.tiles))
