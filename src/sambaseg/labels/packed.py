"""A tile of labels as it is kept in memory: where the class changes, row by row, and to which one.

Labels are few or in large patches, so that a tile of 64 KB takes a few bytes to some kilobytes; taking it apart and
putting it together takes some 20 µs, so that nothing needs to be held in both forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sambaseg.labels.delta import Tile, TileDelta, TileKey
from sambaseg.labels.runs import TILE_PIXELS, TILE_SIDE, Runs

_LARGEST_PACKED = TILE_PIXELS // 4
"""Stretches from which on a tile is smaller as it is."""


@dataclass(frozen=True, eq=False)
class PackedTile:
    """Stretches of one class that cover a whole tile, one after the other; never changed.

    ``starts_n`` (uint16) is where each begins, counted row-major, and ``ids_n`` (uint8) its class, 0 = unlabelled; a
    tile with very many has them in ``whole`` (256, 256) instead.
    """

    starts_n: NDArray[np.uint16]
    ids_n: NDArray[np.uint8]
    whole: Tile | None = None

    @classmethod
    def of(cls, tile: Tile) -> PackedTile:
        """Return `tile` (256, 256) packed; it must not be changed afterwards."""
        flat = tile.ravel()
        borders_n = np.flatnonzero(flat[1:] != flat[:-1])
        if borders_n.size >= _LARGEST_PACKED:
            return cls(np.zeros(0, np.uint16), np.zeros(0, np.uint8), tile)
        starts_n = np.concatenate(([0], borders_n + 1))
        return cls(starts_n.astype(np.uint16), flat[starts_n])

    @classmethod
    def from_empty(cls, delta: TileDelta) -> PackedTile:
        """Return the tile that `delta` makes of an unlabelled one. Raises ValueError where the delta is none such."""
        runs = delta.runs
        if not runs.starts_n.size or delta.before_n.any() or not delta.after_n.all():
            raise ValueError(f"the change of tile {delta.key} does not begin at an unlabelled tile")
        places_n = np.stack([runs.starts_n, runs.ends_n], axis=1).ravel()
        if np.any(np.diff(places_n) < 0) or np.any(runs.lengths_n < 1) or places_n[-1] > TILE_PIXELS:
            raise ValueError(f"the runs of tile {delta.key} overlap or leave it")
        if runs.starts_n.size >= _LARGEST_PACKED // 2:
            return cls.of(runs.spread(delta.after_n))
        starts_n = np.concatenate(([0], places_n))
        ids_n = np.zeros(starts_n.size, dtype=np.uint8)
        ids_n[1::2] = delta.after_n
        filled_n = np.diff(starts_n, append=TILE_PIXELS) > 0
        return cls(starts_n[filled_n].astype(np.uint16), ids_n[filled_n])

    def delta_from_empty(self, key: TileKey) -> TileDelta:
        """Return what leads from an unlabelled tile to this one, the tile `key`."""
        if self.whole is not None:
            return TileDelta.between(key, EMPTY_TILE, self.whole)
        labelled_n = self.ids_n != 0
        runs = Runs(self.starts_n[labelled_n].astype(np.int32), self._lengths()[labelled_n])
        ids_n = self.ids_n[labelled_n]
        return TileDelta(key, runs, np.zeros_like(ids_n), ids_n)

    def unpack(self) -> Tile:
        """Return the tile (256, 256), uint8, which must not be changed."""
        if self.whole is not None:
            return self.whole
        return np.repeat(self.ids_n, self._lengths()).reshape(TILE_SIDE, TILE_SIDE)

    @cached_property
    def labelled(self) -> int:
        """Number of labelled pixels."""
        if self.whole is not None:
            return int(np.count_nonzero(self.whole))
        return int(self._lengths()[self.ids_n != 0].sum())

    @property
    def bytes(self) -> int:
        """Roughly how much memory it takes."""
        return 256 + (self.starts_n.nbytes + self.ids_n.nbytes if self.whole is None else TILE_PIXELS)

    def _lengths(self) -> NDArray[np.int32]:
        ends_n = np.append(self.starts_n[1:].astype(np.int32), np.int32(TILE_PIXELS))
        return ends_n - self.starts_n


EMPTY_TILE: Tile = np.zeros((TILE_SIDE, TILE_SIDE), dtype=np.uint8)
"""A tile without labels."""
EMPTY_TILE.flags.writeable = False
