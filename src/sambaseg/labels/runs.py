"""Runs: a set of pixels of one tile as ascending stretches, the form in which strokes travel and are stored.

Positions count row-major in a tile of 256 columns, whatever part of it lies inside the image. As bytes, a run is a pair
of little-endian uint16: its start, and its length minus one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import LabelRunsError

TILE_SIDE = 256
TILE_PIXELS = TILE_SIDE * TILE_SIDE
_HINT = "Runs are little-endian uint16 pairs (start, length - 1), ascending, inside the image's part of the tile."


@dataclass(frozen=True)
class TileRuns:
    """Pixels of the tile in row ``ty`` and column ``tx``: ``runs`` as bytes, not decoded yet."""

    ty: int
    tx: int
    runs: bytes

    @property
    def key(self) -> tuple[int, int]:
        """The tile: (ty, tx)."""
        return self.ty, self.tx


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of one tile: ``starts_n`` and ``lengths_n``, int32, ascending, not overlapping, lengths of 1 or more."""

    starts_n: NDArray[np.int32]
    lengths_n: NDArray[np.int32]

    @property
    def ends_n(self) -> NDArray[np.int32]:
        """Position after the last pixel of each run."""
        return self.starts_n + self.lengths_n

    @property
    def pixels(self) -> int:
        """Number of pixels in all runs."""
        return int(self.lengths_n.sum())

    def spread(self, values_n: NDArray[np.uint8] | int) -> NDArray[np.uint8]:
        """Return a tile (256, 256) that holds `values_n`, one value a run or one for all, in the runs and else 0."""
        counts = np.empty(2 * self.starts_n.size + 1, dtype=np.int32)
        counts[0] = self.starts_n[0] if self.starts_n.size else TILE_PIXELS
        counts[1::2] = self.lengths_n
        counts[2::2] = np.append(self.starts_n[1:], TILE_PIXELS) - self.ends_n
        values = np.zeros(counts.size, dtype=np.uint8)
        values[1::2] = values_n
        return np.repeat(values, counts).reshape(TILE_SIDE, TILE_SIDE)

    def to_mask(self) -> NDArray[np.bool_]:
        """Return the mask of shape (256, 256) that is True in the runs."""
        return self.spread(1).view(np.bool_)

    def to_bytes(self) -> bytes:
        """Return the runs as little-endian uint16 pairs (start, length - 1)."""
        return np.stack([self.starts_n, self.lengths_n - 1], axis=1).astype("<u2").tobytes()


def decode_runs(data: bytes, shape_yx: tuple[int, int]) -> Runs:
    """Return the runs in `data` for a tile of which `shape_yx` (at most 256 by 256 pixels) lies inside the image.

    Raises LabelRunsError where the bytes are no whole pairs, or runs overlap, go back, or leave that part of the tile.
    """
    if len(data) % 4:
        raise LabelRunsError(f"Runs must be pairs of 4 bytes, not {len(data)} bytes.", hint=_HINT)
    pairs = np.frombuffer(data, dtype="<u2").reshape(-1, 2).astype(np.int32)
    runs = Runs(np.ascontiguousarray(pairs[:, 0]), pairs[:, 1] + 1)
    _check_order(runs)
    _check_inside(runs, shape_yx)
    return runs


def encode_runs(mask_yx: NDArray[np.bool_]) -> bytes:
    """Return the True pixels of `mask_yx`, of shape (h, w) up to (256, 256), as the bytes of their runs."""
    height, width = mask_yx.shape
    padded = np.zeros((TILE_SIDE, TILE_SIDE), dtype=np.bool_)
    padded[:height, :width] = mask_yx
    flat = np.concatenate(([False], padded.ravel(), [False]))
    edges = np.flatnonzero(flat[1:] != flat[:-1]).astype(np.int32)
    return Runs(edges[0::2], edges[1::2] - edges[0::2]).to_bytes()


def _check_order(runs: Runs) -> None:
    ends_n = runs.ends_n
    if np.any(ends_n > TILE_PIXELS):
        raise LabelRunsError(f"A run ends at position {int(ends_n.max())}, but a tile has {TILE_PIXELS}.", hint=_HINT)
    wrong_n = np.flatnonzero(runs.starts_n[1:] < ends_n[:-1])
    if wrong_n.size:
        index = int(wrong_n[0])
        raise LabelRunsError(
            f"Run {index + 1} starts at position {int(runs.starts_n[index + 1])}, but run {index} "
            f"ends at position {int(ends_n[index]) - 1}.",
            hint=_HINT,
        )


def _check_inside(runs: Runs, shape_yx: tuple[int, int]) -> None:
    height, width = shape_yx
    if (height, width) == (TILE_SIDE, TILE_SIDE) or not runs.starts_n.size:
        return
    last_row = (int(runs.ends_n[-1]) - 1) // TILE_SIDE
    beyond_right = width < TILE_SIDE and bool(np.any(runs.starts_n % TILE_SIDE + runs.lengths_n > width))
    if last_row >= height or beyond_right:
        raise LabelRunsError(f"Runs leave the {height} rows and {width} columns of the image in this tile.", hint=_HINT)
