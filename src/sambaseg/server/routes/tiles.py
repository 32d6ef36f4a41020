"""Tiles of the image, of labels and edits, and of results, as raw bytes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Response
from numpy.typing import NDArray

from sambaseg.server.declare import TILE_ANSWER, Level, ResultId, TileColumn, TileRow
from sambaseg.server.schemas import Layer
from sambaseg.server.services import OpenProject

router = APIRouter(tags=["tiles"])
ResultLayer = Literal["segmentation", "uncertainty"]
NEVER_CHANGES = "private, max-age=31536000, immutable"


@router.get("/api/projects/{pid}/image/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_image_tile(store: OpenProject, level: Level, ty: TileRow, tx: TileColumn) -> Response:
    """Read one tile of the image: `tile_dtype`, axes (channels, rows, columns). It never changes."""
    return _tile(store.read_image_tile(level, ty, tx), NEVER_CHANGES)


@router.get("/api/projects/{pid}/layers/{layer}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_layer_tile(store: OpenProject, layer: Layer, ty: TileRow, tx: TileColumn) -> Response:
    """Read one tile of labels or edits at the finest level: uint8 class ids, 0 where there is none."""
    return _tile(store.read_label_tile(layer, ty, tx), "no-store")


@router.get(
    "/api/projects/{pid}/results/{rid}/{layer}/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER
)
def get_result_tile(
    store: OpenProject, rid: ResultId, layer: ResultLayer, level: Level, ty: TileRow, tx: TileColumn
) -> Response:
    """Read one tile of a result: uint8 class ids or uncertainty (255 = 1.0); 0 where not computed yet."""
    return _tile(store.read_result_tile(rid, layer, level, ty, tx), "no-store")


def _tile(pixels: NDArray[Any], caching: str) -> Response:
    little = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    headers = {
        "X-Shape": ",".join(str(length) for length in little.shape),
        "X-Dtype": pixels.dtype.name,
        "Cache-Control": caching,
    }
    return Response(little.tobytes(), media_type="application/octet-stream", headers=headers)
