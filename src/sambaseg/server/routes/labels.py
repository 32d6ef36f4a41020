"""Labels from a file."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request

from sambaseg.server.declare import FileName, ProjectId, raw_body
from sambaseg.server.schemas import LabelsImport

router = APIRouter(tags=["labels"])


@router.post("/api/projects/{pid}/labels", openapi_extra=raw_body("An image file of class ids; 0 is unlabelled."))
async def import_labels(
    pid: ProjectId, request: Request, mode: Literal["replace", "add"] = "replace", file_name: FileName = "labels"
) -> LabelsImport:
    """Take labels from an image file of the same size; ids stay as they are."""
    raise NotImplementedError
