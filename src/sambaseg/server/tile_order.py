"""In which order tiles are computed: what the person sees comes first, then what is near, block by block."""

from __future__ import annotations

import threading
from collections.abc import Container

import numpy as np
import numpy.typing as npt

from sambaseg.images.pyramid import BLOCK_PX, TILE_PX
from sambaseg.server.schemas import Viewport

Tile = tuple[int, int]
"""ty, tx."""
WINDOW_GRAIN = 16
"""A forest walks blocks of so many rows and columns."""
WORTH_A_WINDOW = 0.8
"""A tile of which more is shown is computed whole."""


def order_tiles(height: int, width: int, viewport: Viewport | None) -> list[Tile]:
    """Return all tiles (ty, tx) of an image of `height` by `width` px: those in the viewport, then the rest.

    Those in the viewport go outwards from its middle; the rest goes block by block, as results are stored, both the
    blocks and the tiles in them outwards from there. Without a viewport tiles go row by row.
    """
    rows, columns = -(-height // TILE_PX), -(-width // TILE_PX)
    ty, tx = (index.ravel() for index in np.indices((rows, columns)))
    return _sorted(ty, tx, height, width, viewport)


def tiles_in_view(height: int, width: int, viewport: Viewport | None) -> list[Tile]:
    """Return the tiles of an image that the viewport shows any pixel of, from its middle outwards."""
    if viewport is None:
        return []
    top, left = max(viewport.top, 0) // TILE_PX, max(viewport.left, 0) // TILE_PX
    bottom = -(-min(viewport.bottom, height) // TILE_PX)
    right = -(-min(viewport.right, width) // TILE_PX)
    if viewport.top >= viewport.bottom or viewport.left >= viewport.right or top >= bottom or left >= right:
        return []
    ty, tx = (index.ravel() for index in np.indices((bottom - top, right - left)))
    return _sorted(ty + top, tx + left, height, width, viewport)


def windows_in_view(height: int, width: int, viewport: Viewport | None) -> dict[Tile, tuple[slice, slice]]:
    """Return rows and columns of those tiles of which the viewport shows a part only, as `WINDOW_GRAIN` allows."""
    windows = {}
    for ty, tx in tiles_in_view(height, width, viewport):
        assert viewport is not None  # else nothing is in view
        rows = _shown(ty, height, viewport.top, viewport.bottom)
        columns = _shown(tx, width, viewport.left, viewport.right)
        tile_px = min(TILE_PX, height - ty * TILE_PX) * min(TILE_PX, width - tx * TILE_PX)
        if (rows.stop - rows.start) * (columns.stop - columns.start) <= WORTH_A_WINDOW * tile_px:
            windows[ty, tx] = rows, columns
    return windows


def _shown(tile: int, size: int, start: int, stop: int) -> slice:
    """Return which rows, or columns, of a tile are between `start` and `stop`, outwards to the grain."""
    first, length = tile * TILE_PX, min(TILE_PX, size - tile * TILE_PX)
    low, high = max(start - first, 0), min(stop - first, length)
    return slice(low // WINDOW_GRAIN * WINDOW_GRAIN, min(-(-high // WINDOW_GRAIN) * WINDOW_GRAIN, length))


class TileOrder:
    """The tiles of an image that are to be computed, as `order_tiles`; the person may look elsewhere meanwhile.

    An iterator for any number of threads. Its length is that of all tiles that it had in the beginning.
    """

    def __init__(
        self, height: int, width: int, viewport: Viewport | None, *, without: Container[Tile] = frozenset()
    ) -> None:
        self._height, self._width = height, width
        self._lock = threading.Lock()
        self._viewport = viewport
        self._waiting = [tile for tile in order_tiles(height, width, viewport) if tile not in without]
        self._waiting.reverse()
        self._count = len(self._waiting)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> TileOrder:
        return self

    def __next__(self) -> Tile:
        with self._lock:
            if not self._waiting:
                raise StopIteration
            return self._waiting.pop()

    def look_at(self, viewport: Viewport | None) -> None:
        """Let the tiles of another viewport come first from now on."""
        with self._lock:
            if viewport == self._viewport or viewport is None:
                return
            self._viewport = viewport
            if self._waiting:
                ty, tx = np.array(self._waiting).T
                self._waiting = _sorted(ty, tx, self._height, self._width, viewport)[::-1]


def _sorted(
    ty: npt.NDArray[np.intp], tx: npt.NDArray[np.intp], height: int, width: int, viewport: Viewport | None
) -> list[Tile]:
    if viewport is None:
        order = np.lexsort((tx, ty))
    else:
        middle = (viewport.top + viewport.bottom) / 2, (viewport.left + viewport.right) / 2
        top, left = ty * TILE_PX, tx * TILE_PX
        bottom, right = np.minimum(top + TILE_PX, height), np.minimum(left + TILE_PX, width)
        rows_seen = (top < viewport.bottom) & (bottom > viewport.top)
        seen = rows_seen & (left < viewport.right) & (right > viewport.left)
        distance = ((top + bottom) / 2 - middle[0]) ** 2 + ((left + right) / 2 - middle[1]) ** 2
        per_block = BLOCK_PX // TILE_PX
        block_y, block_x = ty // per_block, tx // per_block
        far = ((block_y + 0.5) * BLOCK_PX - middle[0]) ** 2 + ((block_x + 0.5) * BLOCK_PX - middle[1]) ** 2
        block = block_y * (width // BLOCK_PX + 1) + block_x
        order = np.lexsort((distance, np.where(seen, 0, block), np.where(seen, 0, far), ~seen))
    return [(int(ty[at]), int(tx[at])) for at in order]
