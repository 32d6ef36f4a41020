"""Tiles of the image, of labels and edits, and of results, as raw bytes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Response
from numpy.typing import NDArray

from sambaseg.server.declare import BATCH_ANSWER, TILE_ANSWER, ImageChoice, Level, ResultId, TileColumn, TileRow
from sambaseg.server.schemas import Layer
from sambaseg.server.services import OpenProject, asked_image

router = APIRouter(tags=["tiles"])
ResultLayer = Literal["segmentation", "uncertainty"]
RESULT_LAYERS: tuple[ResultLayer, ...] = ("segmentation", "uncertainty")
TileList = Annotated[
    str,
    Query(
        pattern=r"^[0-9]{1,4}\.[0-9]{1,4}(,[0-9]{1,4}\.[0-9]{1,4}){0,63}$",
        description="At most 64 tiles as `ty.tx`, with commas between.",
    ),
]
NEVER_CHANGES = "private, max-age=31536000, immutable"


@router.get("/api/projects/{pid}/image/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_image_tile(
    store: OpenProject, level: Level, ty: TileRow, tx: TileColumn, image: ImageChoice = None
) -> Response:
    """Read one tile of an image: `tile_dtype`, axes (channels, rows, columns). It never changes.

    Where the image's tiles are still being made, the answer waits for this one.
    """
    tile_cyx = store.read_image_tile(level, ty, tx, image=asked_image(store, image))
    return send_tile(tile_cyx, "no-cache" if image is None else NEVER_CHANGES)  # which is first may change


@router.get("/api/projects/{pid}/layers/{layer}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_layer_tile(
    store: OpenProject, layer: Layer, ty: TileRow, tx: TileColumn, image: ImageChoice = None
) -> Response:
    """Read one tile of labels or edits at the finest level: uint8 class ids, 0 where there is none."""
    return send_tile(store.read_label_tile(layer, ty, tx, image=asked_image(store, image)), "no-store")


@router.get(
    "/api/projects/{pid}/results/{rid}/{layer}/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER
)
def get_result_tile(
    store: OpenProject, rid: ResultId, layer: ResultLayer, level: Level, ty: TileRow, tx: TileColumn
) -> Response:
    """Read one tile of a result: uint8 class ids or uncertainty (255 = 1.0); 0 where not computed yet."""
    return send_tile(store.read_result_tile(rid, layer, level, ty, tx), "no-store")


@router.get("/api/projects/{pid}/results/{rid}/batch/{level}", response_class=Response, responses=BATCH_ANSWER)
def get_result_tiles(store: OpenProject, rid: ResultId, level: Level, tiles: TileList) -> Response:
    """Read several tiles of a result at once: for each, in the order asked, class ids and then uncertainty, uint8."""
    parts = [
        store.read_result_tile(rid, layer, level, ty, tx).tobytes()
        for ty, tx in tiles_of(tiles)
        for layer in RESULT_LAYERS
    ]
    headers = {"X-Dtype": "uint8", "Cache-Control": "no-store"}
    return Response(b"".join(parts), media_type="application/octet-stream", headers=headers)


def tiles_of(tiles: str) -> list[tuple[int, int]]:
    """Return the tiles (ty, tx) that a `TileList` names."""
    return [(int(row), int(column)) for row, _, column in (tile.partition(".") for tile in tiles.split(","))]


def send_tile(pixels: NDArray[Any], caching: str) -> Response:
    """Return a tile as bytes, with its shape and type in the headers."""
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    headers = {
        "X-Shape": ",".join(str(length) for length in little.shape),
        "X-Dtype": pixels.dtype.name,
        "Cache-Control": caching,
    }
    return Response(little.tobytes(), media_type="application/octet-stream", headers=headers)
