"""Tiles of the image, of labels and edits, and of results, as raw bytes."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from sambaseg.server.declare import TILE_ANSWER, Level, ProjectId, ResultId, TileColumn, TileRow
from sambaseg.server.schemas import Layer

router = APIRouter(tags=["tiles"])
ResultLayer = Literal["segmentation", "uncertainty"]


@router.get("/api/projects/{pid}/image/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_image_tile(pid: ProjectId, level: Level, ty: TileRow, tx: TileColumn) -> Response:
    """Read one tile of the image: `tile_dtype`, axes (channels, rows, columns). It never changes."""
    raise NotImplementedError


@router.get("/api/projects/{pid}/layers/{layer}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER)
def get_layer_tile(pid: ProjectId, layer: Layer, ty: TileRow, tx: TileColumn) -> Response:
    """Read one tile of labels or edits at the finest level: uint8 class ids, 0 where there is none."""
    raise NotImplementedError


@router.get(
    "/api/projects/{pid}/results/{rid}/{layer}/{level}/{ty}/{tx}", response_class=Response, responses=TILE_ANSWER
)
def get_result_tile(
    pid: ProjectId, rid: ResultId, layer: ResultLayer, level: Level, ty: TileRow, tx: TileColumn
) -> Response:
    """Read one tile of a result: uint8 class ids or uncertainty (255 = 1.0); 0 where not computed yet."""
    raise NotImplementedError
