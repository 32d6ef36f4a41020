"""The sample micrographs in the package."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from sambaseg.server.declare import file_answer
from sambaseg.server.schemas import SampleInfo

router = APIRouter(tags=["samples"])


@router.get("/api/samples")
def list_samples() -> list[SampleInfo]:
    """List the sample micrographs."""
    raise NotImplementedError


@router.get(
    "/api/samples/{sid}/thumbnail",
    response_class=Response,
    responses=file_answer("image/png", "A small picture of the sample, at most 256 px a side."),
)
def get_sample_thumbnail(sid: Annotated[str, Path(max_length=80)]) -> Response:
    """Draw a sample small."""
    raise NotImplementedError
