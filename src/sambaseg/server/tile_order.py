"""In which order tiles are computed: what the person sees comes first."""

from __future__ import annotations

from sambaseg.images.pyramid import TILE_PX
from sambaseg.server.schemas import Viewport


def order_tiles(height: int, width: int, viewport: Viewport | None) -> list[tuple[int, int]]:
    """Return all tiles (ty, tx) of an image of `height` by `width` px: those in the viewport, then the rest.

    Both groups go outwards from the viewport's middle. Without a viewport they go row by row.
    """
    rows, columns = -(-height // TILE_PX), -(-width // TILE_PX)
    tiles = [(ty, tx) for ty in range(rows) for tx in range(columns)]
    if viewport is None:
        return tiles
    middle_y, middle_x = (viewport.top + viewport.bottom) / 2, (viewport.left + viewport.right) / 2

    def key(tile: tuple[int, int]) -> tuple[bool, float]:
        top, left = tile[0] * TILE_PX, tile[1] * TILE_PX
        bottom, right = min(top + TILE_PX, height), min(left + TILE_PX, width)
        seen = top < viewport.bottom and bottom > viewport.top and left < viewport.right and right > viewport.left
        return not seen, ((top + bottom) / 2 - middle_y) ** 2 + ((left + right) / 2 - middle_x) ** 2

    return sorted(tiles, key=key)
