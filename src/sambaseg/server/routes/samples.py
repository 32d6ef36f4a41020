"""The sample micrographs in the package."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from sambaseg.samples import SAMPLES, find_sample
from sambaseg.server.declare import file_answer
from sambaseg.server.schemas import SampleInfo

router = APIRouter(tags=["samples"])
SMALL_PX = 256


@router.get("/api/samples")
def list_samples() -> list[SampleInfo]:
    """List the sample micrographs."""
    return [SampleInfo.model_validate(sample, from_attributes=True) for sample in SAMPLES]


@router.get(
    "/api/samples/{sid}/thumbnail",
    response_class=Response,
    responses=file_answer("image/png", "A small picture of the sample, at most 256 px a side."),
)
def get_sample_thumbnail(sid: Annotated[str, Path(min_length=1, max_length=80)]) -> Response:
    """Draw a sample small."""
    import io

    from PIL import Image, ImageOps

    with Image.open(find_sample(sid).path) as image:
        small = ImageOps.autocontrast(ImageOps.contain(image, (SMALL_PX, SMALL_PX)), cutoff=0.2)
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return Response(buffer.getvalue(), media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})
